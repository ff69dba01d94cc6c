/** Channels to dilations at the least sum of errors. */
import type { LayerErrors } from '../objectives/objective';

/**
 * The allowed dilation of least error for each unit.
 *
 * Ties go to the smaller sum dh + dw, then to the smaller dh: of two dilations as good, the one that reads nearer. A channel of zeros is
 * undilated by that.
 */
export function assignFreely(layer: LayerErrors, allowed: readonly number[]): Int32Array {
  const order = [...allowed].sort((a, b) => {
    const [ah, aw] = layer.dilations[a]!;
    const [bh, bw] = layer.dilations[b]!;
    return ah + aw - bh - bw || ah - bh;
  });
  const { units, errors } = layer;
  return Int32Array.from({ length: units }, (_, unit) => {
    let best = order[0]!;
    for (const i of order) if (errors[i * units + unit]! < errors[best * units + unit]!) best = i;
    return best;
  });
}

/** Sum of the units' errors. */
export function totalError({ errors, units }: LayerErrors, assignment: Int32Array): number {
  return assignment.reduce((sum, pattern, unit) => sum + errors[pattern * units + unit]!, 0);
}

/**
 * The least sum of errors with bounds on the units of each dilation: minimum-cost flow by shortest augmenting paths, exact.
 *
 * Units come one by one; each either takes a free place, or pushes others on along the cheapest chain of moves between dilations. A
 * place below a lower bound costs -B, with B above any sum of errors: convex in the number of places, so that paths stay exact.
 */
export function assignWithBounds(
  layer: LayerErrors,
  allowed: readonly number[],
  least: readonly number[],
  most: readonly number[],
): Int32Array {
  const { errors, units } = layer;
  const count = allowed.length;
  const cost = (unit: number, place: number) => errors[allowed[place]! * units + unit]!;
  let large = 1;
  for (let unit = 0; unit < units; unit++) large += Math.max(...allowed.map((_, place) => cost(unit, place)));
  const owner = new Int32Array(units).fill(-1);
  const used = new Int32Array(count);
  for (let unit = 0; unit < units; unit++) {
    // Cheapest move of a seated unit from one dilation to another.
    const move = new Float64Array(count * count).fill(Number.POSITIVE_INFINITY);
    const mover = new Int32Array(count * count);
    for (let seated = 0; seated < unit; seated++) {
      const from = owner[seated]!;
      for (let to = 0; to < count; to++) {
        const price = cost(seated, to) - cost(seated, from);
        if (price < move[from * count + to]!) {
          move[from * count + to] = price;
          mover[from * count + to] = seated;
        }
      }
    }
    const distance = Float64Array.from({ length: count }, (_, place) => cost(unit, place));
    const before = new Int32Array(count).fill(-1);
    for (let round = 0, changed = true; changed && round < count; round++) {
      changed = false;
      for (let from = 0; from < count; from++) {
        for (let to = 0; to < count; to++) {
          const through = distance[from]! + move[from * count + to]!;
          // Rounding must not make a cycle of zero cost look like a gain.
          if (through < distance[to]! - 1e-12 * large) {
            distance[to] = through;
            before[to] = from;
            changed = true;
          }
        }
      }
    }
    let end = -1;
    let best = Number.POSITIVE_INFINITY;
    for (let place = 0; place < count; place++) {
      if (used[place]! >= most[place]!) continue;
      const price = distance[place]! - (used[place]! < least[place]! ? large : 0);
      if (price < best) {
        best = price;
        end = place;
      }
    }
    used[end]!++;
    let to = end;
    for (let from = before[to]!; from >= 0; from = before[to]!) {
      owner[mover[from * count + to]!] = to;
      to = from;
    }
    owner[unit] = to;
  }
  return owner.map((place) => allowed[place]!);
}

/** Subsets times units up to which the best subset is found by trying all. */
const EXHAUSTIVE = 4e6;

/**
 * The dilations, at most `limit` of the allowed, by which the units' least errors sum to the least.
 *
 * Exact by trial of all subsets where that is quick (16 dilations and 256 units with up to 3 of them, say), else one by one the dilation that
 * helps most, followed by exchanges until none helps: a local minimum.
 */
export function chooseSubset(layer: LayerErrors, allowed: readonly number[], limit: number): number[] {
  if (limit >= allowed.length) return [...allowed];
  const { errors, units } = layer;
  const sumOf = (subset: readonly number[]): number => {
    let sum = 0;
    for (let unit = 0; unit < units; unit++) {
      let least = Number.POSITIVE_INFINITY;
      for (const i of subset) least = Math.min(least, errors[i * units + unit]!);
      sum += least;
    }
    return sum;
  };
  let best: { subset: number[]; sum: number } = { subset: [], sum: Number.POSITIVE_INFINITY };
  const consider = (subset: readonly number[]): boolean => {
    const sum = sumOf(subset);
    if (!(sum < best.sum)) return false;
    best = { subset: [...subset], sum };
    return true;
  };
  if (subsets(allowed.length, limit) * units <= EXHAUSTIVE) {
    const visit = (start: number, chosen: readonly number[]): void => {
      if (chosen.length === limit) return void consider(chosen);
      for (let i = start; i < allowed.length; i++) visit(i + 1, [...chosen, allowed[i]!]);
    };
    visit(0, []);
    return best.subset;
  }
  for (let size = 0; size < limit; size++) {
    const base = best.subset;
    best = { subset: base, sum: Number.POSITIVE_INFINITY };
    for (const i of allowed) if (!base.includes(i)) consider([...base, i]);
  }
  for (let improved = true; improved; ) {
    improved = false;
    const base = best.subset;
    for (const [place] of base.entries()) {
      for (const i of allowed) if (!base.includes(i)) improved = consider(base.with(place, i)) || improved;
    }
  }
  return best.subset;
}

function subsets(n: number, k: number): number {
  let count = 1;
  for (let i = 0; i < k; i++) count *= (n - i) / (i + 1);
  return count;
}
