/** From errors to a pattern. */
import type { Dilation, DilationPattern } from '@icconv/inception-conv';
import { InvalidArgumentError } from '@icconv/tensor-ops';
import { SearchError } from '../errors/search-error';
import type { LayerErrors } from '../objectives/objective';
import { assignFreely, assignWithBounds, chooseSubset, totalError } from './assign';
import { allowedDilations, type SelectionConstraints, shareBounds } from './constraints';
import { predictedMs } from './latency';

/**
 * The pattern of least error under the constraints: each unit's best dilation where nothing binds.
 *
 * Shares are kept exactly and at the least sum of errors (assignment as a flow). `maxDistinct` takes the subset of least error, see
 * `chooseSubset`. The latency budget takes branches away, one at a time, where that costs the least error for the time it saves.
 *
 * @throws {@link InvalidArgumentError} for constraints that cannot be met, {@link SearchError} for a budget below the fastest pattern.
 */
export function selectPattern(layers: readonly LayerErrors[], constraints: SelectionConstraints = {}): DilationPattern {
  if (layers.length === 0) throw new SearchError('selectPattern: there is no layer to choose for');
  const { maxDistinct, shares = [], latency } = constraints;
  if (maxDistinct !== undefined && (!Number.isSafeInteger(maxDistinct) || maxDistinct < 1)) {
    throw new InvalidArgumentError('selectPattern', 'maxDistinct', maxDistinct, 'a positive whole number');
  }
  const choose = (layer: LayerErrors, limit: number): Int32Array => {
    const allowed = allowedDilations(layer, constraints);
    if (shares.length === 0) return assignFreely(layer, chooseSubset(layer, allowed, limit));
    // Dilations with a lower bound have to be among the chosen ones.
    const { least } = shareBounds(layer, allowed, shares);
    const needed = allowed.filter((_, place) => least[place]! > 0);
    const others = allowed.filter((_, place) => least[place] === 0);
    if (needed.length > limit) {
      throw new InvalidArgumentError(
        'selectPattern',
        'maxDistinct',
        limit,
        `at least the ${needed.length} dilations that shares ask for`,
      );
    }
    const chosen =
      limit >= allowed.length ? allowed : [...needed, ...chooseSubset(layer, others, limit - needed.length)];
    const bounds = shareBounds(layer, chosen, shares);
    return assignWithBounds(layer, chosen, bounds.least, bounds.most);
  };
  let assignments = layers.map((layer) => choose(layer, maxDistinct ?? Number.POSITIVE_INFINITY));
  if (latency !== undefined) assignments = withinBudget(layers, assignments, choose, latency);
  return {
    maxDilation: Math.max(...layers.map(({ maxDilation }) => maxDilation)),
    layers: layers.map(({ name, dilations }, i) => ({
      name,
      dilations: Array.from(assignments[i]!, (pattern): Dilation => dilations[pattern]!),
    })),
  };
}

const distinct = (assignment: Int32Array) => new Set(assignment).size;

function withinBudget(
  layers: readonly LayerErrors[],
  start: readonly Int32Array[],
  choose: (layer: LayerErrors, limit: number) => Int32Array,
  { budgetMs, costs }: NonNullable<SelectionConstraints['latency']>,
): Int32Array[] {
  const names = layers.map(({ name }) => name);
  const assignments = [...start];
  /** What a layer would be with a branch less, until it is taken. */
  const next = new Map<number, Int32Array>();
  for (;;) {
    const counts = assignments.map(distinct);
    const now = predictedMs(costs, names, counts);
    if (now <= budgetMs) return assignments;
    let best = -1;
    let bestPrice = Number.POSITIVE_INFINITY;
    for (const [i, layer] of layers.entries()) {
      if (counts[i] === 1) continue;
      if (!next.has(i)) next.set(i, choose(layer, counts[i]! - 1));
      const fewer = next.get(i)!;
      const saved = now - predictedMs(costs, names, counts.with(i, distinct(fewer)));
      // Relative to the layer's own error, so that layers of other scales can be compared.
      const scale = Math.max(
        Number.MIN_VALUE,
        layer.whole.reduce((a, b) => a + b, 0),
      );
      const price = (totalError(layer, fewer) - totalError(layer, assignments[i]!)) / scale / saved;
      if (saved > 0 && price < bestPrice) {
        best = i;
        bestPrice = price;
      }
    }
    if (best < 0) {
      throw new SearchError(
        `latency: ${budgetMs} ms is below the ${now.toFixed(2)} ms of the fastest pattern that the constraints allow`,
      );
    }
    assignments[best] = next.get(best)!;
    next.delete(best);
  }
}

/** What a pattern loses, by layer and in all. */
export interface PatternError {
  /** Sum of units' errors over the sum of their whole measure, by layer: 0 loses nothing. */
  readonly layers: readonly number[];
  /** Mean over layers. */
  readonly mean: number;
}

/** The errors of any pattern for these layers: searched, by hand or at random. @throws {@link SearchError} for another network's */
export function patternError(layers: readonly LayerErrors[], pattern: DilationPattern): PatternError {
  const relative = layers.map((layer, i) => {
    const dilations = pattern.layers[i]?.dilations ?? [];
    if (dilations.length !== layer.units || pattern.layers.length !== layers.length) {
      throw new SearchError(
        `the pattern has ${dilations.length} dilations for ${layer.name}, which has ${layer.units}`,
      );
    }
    const assignment = Int32Array.from(dilations, ([dh, dw]) => {
      const index = layer.dilations.findIndex(([height, width]) => height === dh && width === dw);
      if (index < 0)
        throw new SearchError(`${layer.name}: dilation ${dh}x${dw} is beyond the super-kernel's ${layer.maxDilation}`);
      return index;
    });
    return (
      totalError(layer, assignment) /
      Math.max(
        Number.MIN_VALUE,
        layer.whole.reduce((a, b) => a + b, 0),
      )
    );
  });
  return { layers: relative, mean: relative.reduce((a, b) => a + b, 0) / relative.length };
}
