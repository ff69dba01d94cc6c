/** Polygons to run-length masks. */
import type { Rle } from './rle';
import { mergeRles } from './rle';

const SCALE = 5;

/**
 * A polygon [x1, y1, x2, y2, ...] in pixels to a mask of h x w (rleFrPoly of maskApi.c): the boundary is walked on a grid five times
 * finer, its crossings of the pixel columns become run ends. Which boundary pixels belong to it follows from that walk, so the steps
 * and their truncations are the reference's.
 */
export function rleFromPolygon(xy: ArrayLike<number>, h: number, w: number): Rle {
  const k = xy.length >> 1;
  const x = new Int32Array(k + 1);
  const y = new Int32Array(k + 1);
  for (let j = 0; j < k; j++) {
    x[j] = Math.trunc(SCALE * xy[j * 2]! + 0.5);
    y[j] = Math.trunc(SCALE * xy[j * 2 + 1]! + 0.5);
  }
  x[k] = x[0]!;
  y[k] = y[0]!;
  let total = 0;
  for (let j = 0; j < k; j++) {
    total += Math.max(Math.abs(x[j]! - x[j + 1]!), Math.abs(y[j]! - y[j + 1]!)) + 1;
  }
  const u = new Int32Array(total);
  const v = new Int32Array(total);
  let m = 0;
  for (let j = 0; j < k; j++) {
    let xs = x[j]!;
    let xe = x[j + 1]!;
    let ys = y[j]!;
    let ye = y[j + 1]!;
    const dx = Math.abs(xe - xs);
    const dy = Math.abs(ys - ye);
    const flip = (dx >= dy && xs > xe) || (dx < dy && ys > ye);
    if (flip) {
      [xs, xe] = [xe, xs];
      [ys, ye] = [ye, ys];
    }
    if (dx >= dy) {
      // A single point (dx = 0) has no slope; C divides 0 by 0 there and converts the NaN, the walk below ignores such a point.
      const s = dx === 0 ? 0 : (ye - ys) / dx;
      for (let d = 0; d <= dx; d++) {
        const t = flip ? dx - d : d;
        u[m] = t + xs;
        v[m] = Math.trunc(ys + s * t + 0.5);
        m++;
      }
    } else {
      const s = (xe - xs) / dy;
      for (let d = 0; d <= dy; d++) {
        const t = flip ? dy - d : d;
        v[m] = t + ys;
        u[m] = Math.trunc(xs + s * t + 0.5);
        m++;
      }
    }
  }
  // Crossings of pixel columns, as positions in column order.
  const ends = new Uint32Array(total + 1);
  let n = 0;
  for (let j = 1; j < total; j++) {
    if (u[j] === u[j - 1]) continue;
    const xd = ((u[j]! < u[j - 1]! ? u[j]! : u[j]! - 1) + 0.5) / SCALE - 0.5;
    if (Math.floor(xd) !== xd || xd < 0 || xd > w - 1) continue;
    let yd = (Math.min(v[j]!, v[j - 1]!) + 0.5) / SCALE - 0.5;
    if (yd < 0) yd = 0;
    else if (yd > h) yd = h;
    ends[n++] = xd * h + Math.ceil(yd);
  }
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

/** A box [x, y, width, height] as a mask (rleFrBbox). */
export function rleFromBbox(box: ArrayLike<number>, h: number, w: number): Rle {
  const xs = box[0]!;
  const ys = box[1]!;
  const xe = xs + box[2]!;
  const ye = ys + box[3]!;
  return rleFromPolygon([xs, ys, xs, ye, xe, ye, xe, ys], h, w);
}

/** The polygons of one object as one mask: their union. */
export function rleFromPolygons(polygons: readonly ArrayLike<number>[], h: number, w: number): Rle {
  return mergeRles(polygons.map((polygon) => rleFromPolygon(polygon, h, w)));
}
