/**
 * Whether a super-network's weights tell dilations apart, or are as good as random.
 *
 * A search always finds something: of d^2 sums of random numbers one is the least. How far the least stands below the others says whether
 * there is more to it. Three signs, none of which random weights give, whatever the layer's size, the strength of the weights or d; numbers
 * in docs/decisions/super-network-readiness.md.
 */
import type { LayerErrors } from '../objectives/objective';
import type { PatternError } from '../selection/select-pattern';
import type { SearchResult } from './search-dilations';

/** A unit's least error below the mean of the others, in their standard deviations: random weights come to 1.7 to 2.5. */
const CLEAR = 2.7;
/**
 * How much the units of a layer want the same (dilation 1, after short training): variance of the mean error between dilations, in units of
 * what the units' own spread makes of it; about 1 for random weights.
 */
const AGREEING = 4;
/** Lost by the best pattern over lost by a random one: where kernels of both signs cancel, random weights come to 0.41 or more. */
const FAR_BELOW = 0.3;

/**
 * A warning for a super-network that has not learned which taps it needs: as before any training, or after too little.
 *
 * @param baselines - errors of other patterns by the same objective; `random` is what the text compares with.
 * @returns a sentence, undefined where the weights tell patterns apart, or where there is nothing to choose from.
 */
export function superNetworkReadiness(
  { error, layers }: Pick<SearchResult, 'error' | 'layers'>,
  baselines: { readonly random: PatternError },
): string | undefined {
  if (error.mean < FAR_BELOW * baselines.random.mean) return undefined;
  const told = layers.filter(({ maxDilation }) => maxDilation > 1).map(distinctness);
  if (told.length === 0) return undefined;
  const mean = (value: (one: ReturnType<typeof distinctness>) => number) =>
    told.reduce((sum, one) => sum + value(one), 0) / told.length;
  if (mean(({ clearness }) => clearness) > CLEAR || mean(({ agreement }) => agreement) > AGREEING) return undefined;
  const [best, random] = [error.mean, baselines.random.mean].map((value) => value.toFixed(3));
  return `these weights can't tell patterns apart: ${best} of the super-network lost against ${random} for random, as random weights would have it; train it longer, on the task that the search is for`;
}

/** How clearly the units of a layer choose, and how much they agree. Errors are relative to their unit's mean. */
function distinctness({ errors, units, dilations }: LayerErrors) {
  const count = dilations.length;
  let gap = 0;
  let spread = 0;
  const means = new Float64Array(count);
  const rows = Array.from({ length: units }, (_, unit) => {
    const given = Float64Array.from({ length: count }, (__, i) => errors[i * units + unit]!);
    const scale = Math.max(Number.MIN_VALUE, average(given));
    const row = given.map((error) => error / scale);
    row.forEach((value, i) => {
      means[i]! += value / units;
    });
    const others = row.toSorted();
    gap += average(others.subarray(1)) - others[0]!;
    spread += variance(others.subarray(1));
    return row;
  });
  // What is left of each unit's errors without what all units have in common.
  const own = rows.reduce((sum, row) => sum + variance(row.map((value, i) => value - means[i]!)), 0);
  return {
    clearness: gap / units / Math.sqrt(Math.max(Number.MIN_VALUE, spread / units)),
    agreement: units === 1 ? 0 : (units * variance(means)) / Math.max(Number.MIN_VALUE, own / (units - 1)),
  };
}

const average = (values: Float64Array) => values.reduce((sum, value) => sum + value, 0) / values.length;

function variance(values: Float64Array): number {
  const mean = average(values);
  return values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
}
