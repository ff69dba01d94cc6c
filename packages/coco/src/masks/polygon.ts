/** Polygons to run-length masks. */
import { CocoArgumentError } from '../errors';
import type { Rle } from './rle';
import { checkMaskSize, mergeRles } from './rle';

const SCALE = 5;

export interface PolygonOptions {
  /**
   * Most crossings of pixel columns; each edge crosses at most all of them, so an outline of a million zigzags over a wide picture would
   * take gigabytes. @defaultValue 16,777,216
   */
  readonly maxCrossings?: number;
}

const MAX_CROSSINGS = 2 ** 24;

/**
 * A polygon [x1, y1, x2, y2, ...] in pixels to a mask of h x w (rleFrPoly of maskApi.c): the boundary is walked on a grid five times
 * finer, its crossings of the pixel columns become run ends. Which boundary pixels belong to it follows from that walk, so the steps
 * and their truncations are the reference's; but only the steps that cross a column of the picture are taken, wherever the corners lie.
 *
 * @throws {@link CocoArgumentError} for more crossings than `maxCrossings`, or a size that no mask has.
 */
export function rleFromPolygon(xy: ArrayLike<number>, h: number, w: number, options: PolygonOptions = {}): Rle {
  checkMaskSize('rleFromPolygon', h, w);
  const k = xy.length >> 1;
  const x = new Float64Array(k + 1);
  const y = new Float64Array(k + 1);
  for (let j = 0; j < k; j++) {
    x[j] = Math.trunc(SCALE * xy[j * 2]! + 0.5);
    y[j] = Math.trunc(SCALE * xy[j * 2 + 1]! + 0.5);
  }
  x[k] = x[0]!;
  y[k] = y[0]!;
  let total = 0;
  for (let j = 0; j < k; j++) total += Math.max(0, lastColumn(x, j, w) - firstColumn(x, j) + 1);
  const { maxCrossings = MAX_CROSSINGS } = options;
  if (!(total <= maxCrossings)) {
    throw new CocoArgumentError(
      'rleFromPolygon',
      'xy',
      `one with ${total}`,
      `a polygon that crosses the columns of the picture ${maxCrossings} times at most (maxCrossings)`,
    );
  }
  const ends = new Uint32Array(total + 1);
  let n = 0;
  for (let j = 0; j < k; j++) n = addCrossings(x, y, j, h, w, ends, n);
  ends[n++] = h * w;
  const sorted = ends.subarray(0, n).sort();
  let previous = 0;
  for (let j = 0; j < n; j++) {
    const t = sorted[j]!;
    sorted[j] = t - previous;
    previous = t;
  }
  const counts = new Uint32Array(n);
  let length = 0;
  let j = 0;
  counts[length++] = sorted[j++]!;
  while (j < n) {
    if (sorted[j]! > 0) counts[length++] = sorted[j++]!;
    else {
      j++;
      if (j < n) counts[length - 1]! += sorted[j++]!;
    }
  }
  return { height: h, width: w, counts: counts.slice(0, length) };
}

/** On the fine grid, column c is crossed between u = 5 c + 2 and the next point. */
const FIRST = 2;

/** First and last pixel column whose crossing lies on edge j; none where the last is before the first. */
function firstColumn(x: Float64Array, j: number): number {
  return Math.max(0, Math.ceil((Math.min(x[j]!, x[j + 1]!) - FIRST) / SCALE));
}

function lastColumn(x: Float64Array, j: number, w: number): number {
  return Math.min(w - 1, Math.floor((Math.max(x[j]!, x[j + 1]!) - FIRST - 1) / SCALE));
}

/** Writes the crossings of edge j, as positions in column order, to `ends` from n on, and returns their new number. */
function addCrossings(
  x: Float64Array,
  y: Float64Array,
  j: number,
  h: number,
  w: number,
  ends: Uint32Array,
  n: number,
): number {
  const last = lastColumn(x, j, w);
  let [xs, xe, ys, ye] = [x[j]!, x[j + 1]!, y[j]!, y[j + 1]!];
  const dx = Math.abs(xe - xs);
  const dy = Math.abs(ys - ye);
  if ((dx >= dy && xs > xe) || (dx < dy && ys > ye)) [xs, xe, ys, ye] = [xe, xs, ye, ys];
  const s = dx >= dy ? (ye - ys) / dx : (xe - xs) / dy;
  let count = n;
  for (let column = firstColumn(x, j); column <= last; column++) {
    const u = column * SCALE + FIRST;
    let v: number;
    if (dx >= dy) {
      const t = u - xs;
      v = Math.min(Math.trunc(ys + s * t + 0.5), Math.trunc(ys + s * (t + 1) + 0.5));
    } else v = ys + stepBefore(xs, s, u + 1);
    const yd = Math.min(Math.max((v + 0.5) / SCALE - 0.5, 0), h);
    ends[count++] = column * h + Math.ceil(yd);
  }
  return count;
}

/** Last t before xs + s t + 0.5 passes `bound`, upwards or downwards; the walk sees exactly these sums, so the guess is put right. */
function stepBefore(xs: number, s: number, bound: number): number {
  const up = s > 0;
  let t = Math.floor((bound - 0.5 - xs) / s);
  while (up === xs + s * t + 0.5 >= bound) t--;
  while (up !== xs + s * (t + 1) + 0.5 >= bound) t++;
  return t;
}

/** A box [x, y, width, height] as a mask (rleFrBbox). */
export function rleFromBbox(box: ArrayLike<number>, h: number, w: number): Rle {
  const xs = box[0]!;
  const ys = box[1]!;
  const xe = xs + box[2]!;
  const ye = ys + box[3]!;
  return rleFromPolygon([xs, ys, xs, ye, xe, ye, xe, ys], h, w);
}

/** The polygons of one object as one mask: their union. @throws as {@link rleFromPolygon} */
export function rleFromPolygons(
  polygons: readonly ArrayLike<number>[],
  h: number,
  w: number,
  options: PolygonOptions = {},
): Rle {
  let maxCrossings = options.maxCrossings ?? MAX_CROSSINGS;
  return mergeRles(
    polygons.map((polygon) => {
      const rle = rleFromPolygon(polygon, h, w, { maxCrossings });
      // What the others leave of the limit.
      maxCrossings -= rle.counts.length;
      return rle;
    }),
  );
}
