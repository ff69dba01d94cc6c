/** Overlap of boxes and of masks. */
import type { Rle } from './rle';
import { rleArea, rleToBbox } from './rle';

export interface OverlapOptions {
  /** For each object of the second list: a crowd region, of which a detection need cover only its own part (area of the detection instead of the union). */
  readonly iscrowd?: ArrayLike<number | boolean>;
}

/**
 * Intersection over union of boxes (bbIou of maskApi.c).
 *
 * @param a - N boxes of four numbers x, y, width, height (float64 `[N, 4]` in one list).  @param b - M boxes likewise.
 * @returns float64 `[N, M]` in [0, 1], one row for each of `a`.
 */
export function bboxIou(a: ArrayLike<number>, b: ArrayLike<number>, options: OverlapOptions = {}): Float64Array {
  const n = a.length >> 2;
  const m = b.length >> 2;
  const out = new Float64Array(n * m);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < m; j++) out[i * m + j] = boxOverlap(a, i * 4, b, j * 4, Boolean(options.iscrowd?.[j]));
  }
  return out;
}

/** One pair of boxes, read at two places of two lists. */
export function boxOverlap(a: ArrayLike<number>, i: number, b: ArrayLike<number>, j: number, crowd: boolean): number {
  const ax = a[i]!;
  const aw = a[i + 2]!;
  const bx = b[j]!;
  const bw = b[j + 2]!;
  const w = Math.min(aw + ax, bw + bx) - Math.max(ax, bx);
  if (w <= 0) return 0;
  const ay = a[i + 1]!;
  const ah = a[i + 3]!;
  const by = b[j + 1]!;
  const bh = b[j + 3]!;
  const h = Math.min(ah + ay, bh + by) - Math.max(ay, by);
  if (h <= 0) return 0;
  const intersection = w * h;
  const area = aw * ah;
  const union = crowd ? area : area + bw * bh - intersection;
  // Boxes so small that their areas vanish would divide 0 by 0, and a NaN matches everything.
  return union > 0 ? intersection / union : 0;
}

/**
 * Intersection over union of masks (rleIou of maskApi.c).
 *
 * @returns float64 `[N, M]`; -1 where two masks have different sizes (and their boxes meet), as in the reference.
 */
export function maskIou(a: readonly Rle[], b: readonly Rle[], options: OverlapOptions = {}): Float64Array {
  const m = b.length;
  const out = new Float64Array(a.length * m);
  const boxesB = b.map(rleToBbox);
  for (let i = 0; i < a.length; i++) {
    const box = rleToBbox(a[i]!);
    for (let j = 0; j < m; j++) {
      const crowd = Boolean(options.iscrowd?.[j]);
      if (boxOverlap(box, 0, boxesB[j]!, 0, crowd) > 0) out[i * m + j] = rleOverlap(a[i]!, b[j]!, crowd);
    }
  }
  return out;
}

/** One pair of masks. */
export function rleOverlap(a: Rle, b: Rle, crowd: boolean): number {
  if (a.height !== b.height || a.width !== b.width) return -1;
  const countsA = a.counts;
  const countsB = b.counts;
  const na = countsA.length;
  const nb = countsB.length;
  // Runs end at these positions; the odd runs are object.
  let endA = countsA[0]!;
  let endB = countsB[0]!;
  let ia = 0;
  let ib = 0;
  let at = 0;
  let intersection = 0;
  while (ia < na && ib < nb) {
    const end = Math.min(endA, endB);
    if ((ia & ib & 1) === 1) intersection += end - at;
    at = end;
    if (endA === end && ++ia < na) endA += countsA[ia]!;
    if (endB === end && ++ib < nb) endB += countsB[ib]!;
  }
  if (intersection === 0) return 0;
  const areaA = rleArea(a);
  return intersection / (crowd ? areaA : areaA + rleArea(b) - intersection);
}
