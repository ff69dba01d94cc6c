/** Weights of a one-dimensional resampling, as in native/ops/image_batch/resampling.h. */

/** Positions [begin, end) map into the source; position p is the sum of weights[offset[p] + k] * source[start[p] + k]. */
export interface Axis {
  readonly begin: number;
  readonly end: number;
  readonly start: readonly number[];
  readonly offset: readonly number[];
  readonly weights: readonly number[];
  /** Most weights of a position. */
  readonly widest: number;
}

/** Rounding must not push the outermost centres of a plain resize out of the picture. */
export const SLACK = 1e-6;

/** Positions `from` to `to` (exclusive) of the output, source coordinate scale * (position + 0.5) + shift, source of `size` pixels. */
export function makeAxis(
  from: number,
  to: number,
  scale: number,
  shift: number,
  size: number,
  antialias: boolean,
): Axis {
  const at = (position: number) => scale * (position + 0.5) + shift;
  const inside = (position: number) => at(position) >= -SLACK && at(position) <= size + SLACK;
  let begin = from;
  while (begin < to && !inside(begin)) begin++;
  let end = begin;
  while (end < to && inside(end)) end++;
  const start: number[] = [];
  const offset = [0];
  const weights: number[] = [];
  const support = Math.abs(scale);
  let widest = 2;
  for (let position = begin; position < end; position++) {
    const centre = at(position);
    if (antialias && support > 1) {
      // Pillow's triangle: source pixels whose centre is nearer than `support`, weights normalised.
      const low = Math.max(0, Math.trunc(centre - support + 0.5));
      const high = Math.min(size, Math.trunc(centre + support + 0.5));
      const own: number[] = [];
      for (let i = low; i < high; i++) own.push(Math.max(0, 1 - Math.abs((i + 0.5 - centre) / support)));
      const sum = own.reduce((total, weight) => total + weight, 0);
      start.push(low);
      for (const weight of own) weights.push(weight / sum);
      widest = Math.max(widest, own.length);
    } else {
      const index = Math.min(Math.max(centre - 0.5, 0), size - 1);
      const low = Math.floor(index);
      start.push(low);
      weights.push(1 - (index - low));
      if (low + 1 < size) weights.push(index - low);
    }
    offset.push(weights.length);
  }
  return { begin, end, start, offset, weights, widest };
}
