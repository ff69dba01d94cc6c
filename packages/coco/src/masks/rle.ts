/**
 * Run-length masks: h x w pixels in column order (down, then right), as alternating lengths of zeros and ones, beginning with zeros.
 * Same results as COCO's maskApi.c (cocodataset/cocoapi 8c9bcc3, BSD 2-clause), whose functions the comments name.
 */

import { CocoArgumentError } from '../errors';
import type { CocoRle } from '../format/types';

/** A run-length mask. */
export interface Rle {
  readonly height: number;
  readonly width: number;
  /** Lengths of runs: zeros, ones, zeros, ... */
  readonly counts: Uint32Array;
}

/** More pixels than run lengths of 31 bits can cover. */
const MOST_PIXELS = 2147483647;

/** @throws {@link CocoArgumentError} for a size that no mask has. */
export function checkMaskSize(op: string, height: number, width: number): void {
  const whole = Number.isInteger(height) && Number.isInteger(width) && height >= 0 && width >= 0;
  if (whole && height * width <= MOST_PIXELS) return;
  throw new CocoArgumentError(op, 'size', [height, width], `[height, width] of ${MOST_PIXELS} pixels at most`);
}

/** Why run lengths are no mask of their size; undefined where they are one. */
export function rleProblem({ height, width, counts }: Rle): string | undefined {
  let sum = 0;
  let codes = counts.length > 0;
  for (let i = 0; i < counts.length; i++) {
    sum += counts[i]!;
    codes &&= counts[i]! >= 48 && counts[i]! < 112;
  }
  if (sum === height * width) return undefined;
  const hint = codes ? '; they look like character codes: compressed counts are written as text' : '';
  return `the counts add up to ${sum} pixels, the size ${height} x ${width} to ${height * width}${hint}`;
}

/**
 * COCO's JSON form (either kind of counts) to run lengths.
 *
 * @throws {@link CocoArgumentError} for text that is none, and for counts that do not add up to the size.
 */
export function rleFromCoco(coco: CocoRle): Rle {
  const [height, width] = coco.size;
  checkMaskSize('rleFromCoco', height, width);
  const rle = { height, width, counts: countsOf(coco.counts) };
  const problem = rleProblem(rle);
  if (problem !== undefined) throw new CocoArgumentError('rleFromCoco', 'counts', problem, 'as many as the size says');
  return rle;
}

function countsOf(counts: string | readonly number[]): Uint32Array {
  if (typeof counts !== 'string') return Uint32Array.from(counts);
  return decompressCounts(Uint8Array.from(counts, (character) => Math.min(character.charCodeAt(0), 255)));
}

/** Run lengths to COCO's compressed JSON form. */
export function rleToCoco(rle: Rle): { size: [number, number]; counts: string } {
  return { size: [rle.height, rle.width], counts: compressCounts(rle.counts) };
}

/** Compressed counts: 5 bits a character from "0" on, a 6th for "more follows", each length from the third on relative to the one two before (rleFrString). */
export function decompressCounts(bytes: Uint8Array): Uint32Array {
  const counts = new Uint32Array(bytes.length);
  let n = 0;
  let p = 0;
  while (p < bytes.length) {
    let x = 0;
    let shift = 0;
    let c: number;
    do {
      c = bytes[p++]! - 48;
      // Lengths stay below 2^31: an image of more than two thousand million pixels has no mask.
      if (c < 0 || c > 63 || shift > 30 || (p === bytes.length && (c & 32) !== 0)) {
        throw new CocoArgumentError(
          'decompressCounts',
          'counts',
          String.fromCharCode(...bytes.subarray(0, 40)),
          "COCO's compressed run lengths",
        );
      }
      x |= (c & 31) << shift;
      shift += 5;
    } while ((c & 32) !== 0);
    if ((c & 16) !== 0 && shift < 32) x |= -1 << shift;
    counts[n] = n > 2 ? x + counts[n - 2]! : x;
    n++;
  }
  return counts.subarray(0, n);
}

/** The inverse of {@link decompressCounts} (rleToString). */
function compressCounts(counts: Uint32Array): string {
  let text = '';
  for (let i = 0; i < counts.length; i++) {
    let x = counts[i]!;
    if (i > 2) x -= counts[i - 2]!;
    let more = true;
    while (more) {
      let c = x & 31;
      x >>= 5;
      more = (c & 16) !== 0 ? x !== -1 : x !== 0;
      if (more) c |= 32;
      text += String.fromCharCode(c + 48);
    }
  }
  return text;
}

/** Pixels, row by row ([height, width], non-zero is object), to run lengths (rleEncode). */
export function encodeMask(mask: {
  readonly data: ArrayLike<number>;
  readonly height: number;
  readonly width: number;
}): Rle {
  const { data, height, width } = mask;
  if (data.length !== height * width) {
    throw new CocoArgumentError(
      'encodeMask',
      'data',
      `${data.length} values`,
      `height * width = ${height * width} values`,
    );
  }
  const counts: number[] = [];
  let previous = false;
  let run = 0;
  for (let x = 0; x < width; x++) {
    for (let y = 0; y < height; y++) {
      const value = data[y * width + x] !== 0;
      if (value !== previous) {
        counts.push(run);
        run = 0;
        previous = value;
      }
      run++;
    }
  }
  counts.push(run);
  return { height, width, counts: Uint32Array.from(counts) };
}

export interface MaskDecodeOptions {
  /** A few characters can say a mask of two thousand million pixels, each a byte. @defaultValue 268,435,456 (16,384 squared) */
  readonly maxPixels?: number;
}

/** @throws {@link CocoArgumentError} for a mask of more than `maxPixels`. */
export function checkPixels(op: string, { height, width }: Rle, { maxPixels = 2 ** 28 }: MaskDecodeOptions): void {
  checkMaskSize(op, height, width);
  if (height * width <= maxPixels) return;
  throw new CocoArgumentError(op, 'size', [height, width], `of ${maxPixels} pixels at most (maxPixels)`);
}

/**
 * Run lengths to pixels, uint8 [height, width] row by row, 0 or 1 (rleDecode).
 *
 * @throws {@link CocoArgumentError} for more than `maxPixels`.
 */
export function decodeRle(
  rle: Rle,
  options: MaskDecodeOptions = {},
): { data: Uint8Array; height: number; width: number } {
  const { height, width, counts } = rle;
  checkPixels('decodeRle', rle, options);
  const data = new Uint8Array(height * width);
  let at = 0;
  for (let i = 0; i < counts.length; i++) {
    const stop = Math.min(at + counts[i]!, data.length);
    if ((i & 1) === 1) {
      let x = Math.floor(at / height);
      let y = at - x * height;
      for (let k = at; k < stop; k++) {
        data[y * width + x] = 1;
        if (++y === height) {
          y = 0;
          x++;
        }
      }
    }
    at = stop;
  }
  return { data, height, width };
}

/** Number of object pixels (rleArea). */
export function rleArea(rle: Rle): number {
  let area = 0;
  for (let i = 1; i < rle.counts.length; i += 2) area += rle.counts[i]!;
  return area;
}

/** Smallest box [x, y, width, height] around the object; zeros where there is none (rleToBbox). */
export function rleToBbox(rle: Rle): [number, number, number, number] {
  const { height: h, width: w, counts } = rle;
  const m = counts.length & ~1;
  if (m === 0 || h === 0) return [0, 0, 0, 0];
  let xs = w;
  let ys = h;
  let xe = 0;
  let ye = 0;
  let previous = 0;
  let at = 0;
  for (let j = 0; j < m; j++) {
    at += counts[j]!;
    const t = at - (j & 1);
    const x = Math.floor(t / h);
    const y = t - x * h;
    if ((j & 1) === 0) previous = x;
    else if (previous < x) {
      ys = 0;
      ye = h - 1;
    }
    if (x < xs) xs = x;
    if (x > xe) xe = x;
    if (y < ys) ys = y;
    if (y > ye) ye = y;
  }
  return [xs, ys, xe - xs + 1, ye - ys + 1];
}

/** Union of masks, or their intersection; an empty mask where sizes differ (rleMerge). */
export function mergeRles(rles: readonly Rle[], options: { readonly intersect?: boolean } = {}): Rle {
  const first = rles[0];
  if (first === undefined || rles.some((r) => r.height !== first.height || r.width !== first.width)) {
    return { height: 0, width: 0, counts: new Uint32Array(0) };
  }
  // By pairs: one after the other, the growing union would be walked once a mask.
  let merged: readonly Rle[] = rles;
  while (merged.length > 1) {
    const pairs: Rle[] = [];
    for (let i = 0; i + 1 < merged.length; i += 2) {
      pairs.push(mergeTwo(merged[i]!, merged[i + 1]!, options.intersect ?? false));
    }
    if (merged.length % 2 === 1) pairs.push(merged.at(-1)!);
    merged = pairs;
  }
  return merged[0]!;
}

function mergeTwo(a: Rle, b: Rle, intersect: boolean): Rle {
  const counts = new Uint32Array(a.counts.length + b.counts.length + 1);
  let n = 0;
  let ca = a.counts[0] ?? 0;
  let cb = b.counts[0] ?? 0;
  let ia = 1;
  let ib = 1;
  let va = false;
  let vb = false;
  let v = false;
  let run = 0;
  let left = 1;
  while (left > 0) {
    const c = Math.min(ca, cb);
    run += c;
    ca -= c;
    left = 0;
    if (ca === 0 && ia < a.counts.length) {
      ca = a.counts[ia++]!;
      va = !va;
    }
    left += ca;
    cb -= c;
    if (cb === 0 && ib < b.counts.length) {
      cb = b.counts[ib++]!;
      vb = !vb;
    }
    left += cb;
    const before: boolean = v;
    v = intersect ? va && vb : va || vb;
    if (v !== before || left === 0) {
      counts[n++] = run;
      run = 0;
    }
  }
  return { height: a.height, width: a.width, counts: counts.slice(0, n) };
}
