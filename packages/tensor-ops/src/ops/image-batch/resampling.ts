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

/** Of OpenCV's warpAffine, see native/ops/image_batch/resampling.h: positions in 1/1024, and rounded in 1/32 of a pixel. */
const WARP_SCALE = 1024;
const WARP_HALF = 16;
export const WARP_STEPS = 32;

/** Saturated far from any picture's size, so that sums stay exact. */
export function warpFixed(position: number): number {
  const most = 2 ** 40;
  const scaled = Math.min(Math.max(position * WARP_SCALE, -most), most);
  const floor = Math.floor(scaled);
  if (scaled - floor !== 0.5) return Math.round(scaled);
  return floor % 2 === 0 ? floor : floor + 1;
}

/** Of the two parts of a position, how many steps of 1/32 of a pixel it is. */
export const warpSteps = (origin: number, step: number): number => Math.floor((origin + step + WARP_HALF) / WARP_STEPS);

/** As `makeAxis`, of a picture in a frame of fill one pixel wide: `start` counts from the frame, `size` does not. */
export function makeWarpAxis(
  from: number,
  to: number,
  scale: number,
  shift: number,
  size: number,
  of: 'columns' | 'rows',
): Axis {
  // Rounding has a direction. A mirrored map gives the mirror image of the map that is not.
  const mirrored = scale < 0;
  const factor = Math.abs(scale);
  const origin = (mirrored ? shift + scale * (from + to) : shift) + 0.5 * factor - 0.5;
  const at = (position: number) => {
    const step = factor * (mirrored ? from + to - 1 - position : position);
    return of === 'rows' ? warpSteps(warpFixed(step + origin), 0) : warpSteps(warpFixed(origin), warpFixed(step));
  };
  const inside = (position: number) => at(position) >= -WARP_STEPS && at(position) < size * WARP_STEPS;
  const [begin, end] = runOf(from, to, inside);
  const start: number[] = [];
  const offset = [0];
  const weights: number[] = [];
  for (let position = begin; position < end; position++) {
    const low = Math.floor(at(position) / WARP_STEPS);
    const weight = at(position) / WARP_STEPS - low;
    start.push(low + 1);
    weights.push(1 - weight, weight);
    offset.push(weights.length);
  }
  return { begin, end, start, offset, weights, widest: 2 };
}

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
  const [begin, end] = runOf(from, to, inside);
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

/** The first run of positions from `from` to `to` (exclusive) that are inside. */
function runOf(from: number, to: number, inside: (position: number) => boolean): [begin: number, end: number] {
  let begin = from;
  while (begin < to && !inside(begin)) begin++;
  let end = begin;
  while (end < to && inside(end)) end++;
  return [begin, end];
}
