/** `cropMasks` in plain TypeScript, for backends without a kernel of their own: as native/ops/mask_crop, float for float. */
import type { CropMasksAttrs } from './types';

/** A sample: pixels `low` and `high`, by the shares `near` and `far`. */
interface Tap {
  readonly low: number;
  readonly high: number;
  readonly near: number;
  readonly far: number;
}

const f = Math.fround;
/** Bins of more pixels than this are sampled more thinly: no picture fills one. */
const MOST_GRID = 2 ** 12;

export function cropPortable(
  counts: ArrayLike<number>,
  lengths: ArrayLike<number>,
  rois: Float32Array,
  owners: ArrayLike<number>,
  attrs: CropMasksAttrs,
): Float32Array {
  const { height, width, outputSize, binary } = attrs;
  const bitmaps = bitmapsOf(counts, lengths, height * width);
  const crops: number[] = [];
  for (let r = 0; r < owners.length; r++) {
    const bitmap = bitmaps[owners[r]!]!;
    const [x1, y1, x2, y2] = rois.subarray(4 * r, 4 * r + 4) as unknown as [number, number, number, number];
    const [x, y] = [axisOf(x1, x2, width, attrs), axisOf(y1, y2, height, attrs)];
    const count = Math.max(x.grid * y.grid, 1);
    for (let row = 0; row < outputSize; row++) {
      for (let column = 0; column < outputSize; column++) {
        let sum = 0;
        for (const v of y.bins[row]!) for (const u of x.bins[column]!) sum = f(sum + sampled(bitmap, u, v, height));
        const mean = f(sum / f(count));
        crops.push(binary ? Number(mean >= 0.5) : mean);
      }
    }
  }
  return Float32Array.from(crops);
}

/** Column by column, as the runs go. */
function bitmapsOf(counts: ArrayLike<number>, lengths: ArrayLike<number>, pixels: number): Uint8Array[] {
  let run = 0;
  return Array.from(lengths, (length) => {
    const bitmap = new Uint8Array(pixels);
    let at = 0;
    for (let i = 0; i < length; i++) {
      const end = at + counts[run++]!;
      if (i % 2 === 1) bitmap.fill(1, at, end);
      at = end;
    }
    return bitmap;
  });
}

function sampled(bitmap: Uint8Array, u: Tap, v: Tap, height: number): number {
  const at = (row: number, column: number) => bitmap[column * height + row]!;
  const corners = [
    f(f(v.near * u.near) * at(v.low, u.low)),
    f(f(v.near * u.far) * at(v.low, u.high)),
    f(f(v.far * u.near) * at(v.high, u.low)),
    f(f(v.far * u.far) * at(v.high, u.high)),
  ];
  return corners.reduce((sum, corner) => f(sum + corner));
}

function axisOf(low: number, high: number, length: number, attrs: CropMasksAttrs): { grid: number; bins: Tap[][] } {
  const { outputSize, samplingRatio, aligned } = attrs;
  const offset = aligned ? 0.5 : 0;
  const start = f(low - offset);
  const side = f(f(high - offset) - start);
  const bin = f((aligned ? side : Math.max(side, 1)) / outputSize);
  const grid = samplingRatio > 0 ? samplingRatio : Math.max(0, Math.min(Math.ceil(bin), MOST_GRID));
  const tap = (at: number): Tap => {
    const first = Math.floor(at);
    if (first >= length - 1) return { low: length - 1, high: length - 1, near: 1, far: 0 };
    const far = f(at - first);
    return { low: first, high: first + 1, near: f(1 - far), far };
  };
  const bins = Array.from({ length: outputSize }, (_, b) => {
    const places = Array.from({ length: grid }, (_, i) => f(f(start + f(b * bin)) + f(f(f(i + 0.5) * bin) / grid)));
    return places.filter((at) => at >= -1 && at <= length).map((at) => tap(Math.max(at, 0)));
  });
  return { grid, bins };
}
