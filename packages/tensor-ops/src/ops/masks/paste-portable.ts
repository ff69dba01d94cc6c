/** `pasteMasks` in plain TypeScript, for backends without a kernel of their own: as native/ops/mask_paste, float for float. */
import type { PasteMasksAttrs } from './types';

interface PasteJob extends PasteMasksAttrs {
  readonly masks: number;
  readonly size: number;
}

/** Pixel `begin + i` lies between rows (or columns) at[i] and at[i] + 1 of the mask with its border, by the share far[i] of the latter. */
interface Axis {
  readonly begin: number;
  readonly at: readonly number[];
  readonly far: readonly number[];
}

const f = Math.fround;
/** Any box beyond covers the same pixels of any picture. */
const FARTHEST = 2 ** 30;
const whole = (edge: number) => Math.trunc(Math.max(-FARTHEST, Math.min(edge, FARTHEST)));

/** Run lengths of each mask. */
export function pastePortable(probabilities: Float32Array, boxes: Float32Array, job: PasteJob): number[][] {
  const axis = job.wholeBoxes ? wholeAxis : exactAxis;
  return Array.from({ length: job.masks }, (_, i) => {
    const [x1, y1, x2, y2] = boxes.subarray(4 * i, 4 * i + 4) as unknown as [number, number, number, number];
    const mask = probabilities.subarray(i * job.size ** 2, (i + 1) * job.size ** 2);
    return runsOf(mask, axis(x1, x2, job.size, job.width), axis(y1, y2, job.size, job.height), job);
  });
}

function wholeAxis(low: number, high: number, size: number, length: number): Axis {
  const half = f(f(f(high - low) * 0.5) * f((size + 2) / size));
  const centre = f(f(high + low) * 0.5);
  const [first, last] = [whole(f(centre - half)), whole(f(centre + half))];
  const pixels = Math.max(last - first + 1, 1);
  const ratio = f((size + 2) / f(pixels));
  const begin = Math.max(first, 0);
  const at: number[] = [];
  const far: number[] = [];
  for (let pixel = begin; pixel < Math.min(first + pixels, length); pixel++) {
    const source = Math.max(0, f(f(ratio * f(f(pixel - first) + 0.5)) - 0.5));
    const row = Math.min(Math.floor(source), size);
    at.push(row);
    far.push(Math.min(f(source - row), 1));
  }
  return { begin, at, far };
}

function exactAxis(low: number, high: number, size: number, length: number): Axis {
  const at: number[] = [];
  const far: number[] = [];
  let begin = 0;
  if (!(high > low)) return { begin, at, far };
  const end = Math.min(whole(Math.ceil(high)) + 2, length);
  for (let pixel = Math.max(whole(Math.floor(low)) - 2, 0); pixel < end; pixel++) {
    const relative = f(f(f(f(f(f(pixel) + 0.5) - low) / f(high - low)) * 2) - 1);
    const source = f(f(f(f(relative + 1) * size) - 1) / 2);
    const row = Math.floor(source);
    if (!(row >= -1)) continue;
    if (row >= size) break;
    if (at.length === 0) begin = pixel;
    at.push(row + 1);
    far.push(f(source - row));
  }
  return { begin, at, far };
}

function runsOf(mask: Float32Array, x: Axis, y: Axis, job: PasteJob): number[] {
  const { size, height, width, threshold, wholeBoxes } = job;
  const value = (row: number, column: number) =>
    row < 1 || column < 1 || row > size || column > size ? 0 : mask[(row - 1) * size + column - 1]!;
  const runs: number[] = [];
  let [inside, run] = [false, 0];
  const add = (next: boolean, pixels: number) => {
    if (pixels === 0) return;
    if (next !== inside) {
      runs.push(run);
      [inside, run] = [next, 0];
    }
    run += pixels;
  };
  add(false, x.begin * height);
  for (const [i, column] of x.at.entries()) {
    const [near, far] = [f(1 - x.far[i]!), x.far[i]!];
    const along = (row: number) => f(f(near * value(row, column)) + f(far * value(row, column + 1)));
    add(false, y.begin);
    for (const [j, row] of y.at.entries()) {
      const here = f(f(f(1 - y.far[j]!) * along(row)) + f(y.far[j]! * along(row + 1)));
      add(wholeBoxes ? here > threshold : here >= threshold, 1);
    }
    add(false, height - y.begin - y.at.length);
  }
  add(false, (width - x.begin - x.at.length) * height);
  return [...runs, run];
}
