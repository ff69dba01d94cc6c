/**
 * RoIAlign composed of gathers (forward) and scatters (gradient), for backends whose tensors lie on a GPU (`webgpu`, `webgl`):
 * only the RoIs, a few numbers each, come to the host; the feature maps stay where they are.
 *
 * Each step reads one pixel of every bin, so the number of steps is that of the pixels of the largest bin: (samplingRatio * 2)^2 at
 * most with a fixed ratio; with ratio 0 about (bin size + 1)^2.
 */
import type { Tensor1D, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { checkRois, type RoiAlignAttrs, type RoiTaps, roiTaps } from './geometry';

export function roiAlignGather(
  rois: Tensor2D,
  levels: Tensor1D,
  features: readonly Tensor4D[],
  attrs: RoiAlignAttrs,
): Tensor4D {
  const roiData = rois.dataSync();
  const levelData = levels.dataSync();
  checkRois('roiAlign', roiData, levelData, attrs.maps);
  const channels = features[0]!.shape[3];
  const shape: [number, number, number, number] = [rois.shape[0], ...attrs.outputSize, channels];
  // All maps as one list of pixels.
  const pixels = features.map((map) => tf.reshape(map, [-1, channels]) as Tensor2D);
  const all = pixels.length === 1 ? pixels[0]! : tf.concat2d(pixels, 0);
  let sum: Tensor2D = tf.zeros([shape[0] * shape[1] * shape[2], channels]);
  for (const { index, weight } of steps(roiTaps(roiData, levelData, attrs), roiData, levelData, attrs)) {
    sum = replace(sum, () =>
      tf.add(sum, tf.mul(tf.gather(all, tf.tensor1d(index, 'int32')), tf.tensor2d(weight, [weight.length, 1]))),
    );
  }
  return tf.reshape(sum, shape);
}

/** Gradient for map `level`. */
export function roiAlignGradGather(
  dy: Tensor4D,
  rois: Tensor2D,
  levels: Tensor1D,
  attrs: RoiAlignAttrs,
  level: number,
): Tensor4D {
  const roiData = rois.dataSync();
  const levelData = levels.dataSync();
  const { shape } = attrs.maps[level]!;
  const channels = shape[3];
  const grad = tf.reshape(dy, [-1, channels]) as Tensor2D;
  const pixels: [number, number] = [shape[0] * shape[1] * shape[2], channels];
  let sum: Tensor2D = tf.zeros(pixels);
  for (const { index, weight } of steps(roiTaps(roiData, levelData, attrs, level), roiData, levelData, attrs, level)) {
    // Equal indices are added up.
    sum = replace(sum, () =>
      tf.add(
        sum,
        tf.scatterND(
          tf.tensor2d(index, [index.length, 1], 'int32'),
          tf.mul(grad, tf.tensor2d(weight, [weight.length, 1])),
          pixels,
        ),
      ),
    );
  }
  return tf.reshape(sum, [...shape]);
}

interface Step {
  /** Of every bin, one pixel in the list of pixels of all maps (or of map `onlyMap`), 0 where the bin has none left. */
  readonly index: Int32Array;
  /** Its weight, 0 where the bin has none left. */
  readonly weight: Float32Array;
}

function* steps(
  { rows, columns }: RoiTaps,
  rois: ArrayLike<number>,
  levels: ArrayLike<number>,
  attrs: RoiAlignAttrs,
  onlyMap?: number,
): Generator<Step> {
  const mapStart: number[] = [0];
  for (const { shape } of attrs.maps) mapStart.push(mapStart.at(-1)! + shape[0] * shape[1] * shape[2]);
  const count = rois.length / 5;
  const rowSteps = longest(rows.start);
  const columnSteps = longest(columns.start);
  for (let a = 0; a < rowSteps; a++) {
    for (let b = 0; b < columnSteps; b++) {
      const index = new Int32Array(count * rows.bins * columns.bins);
      const weight = new Float32Array(index.length);
      let some = false;
      for (let roi = 0, bin = 0; roi < count; roi++) {
        const level = levels.length === 0 ? 0 : levels[roi]!;
        const [, height, width] = attrs.maps[level]!.shape;
        const base = (onlyMap === undefined ? mapStart[level]! : 0) + Math.trunc(rois[roi * 5]!) * height * width;
        for (let ph = roi * rows.bins; ph < (roi + 1) * rows.bins; ph++) {
          for (let pw = roi * columns.bins; pw < (roi + 1) * columns.bins; pw++, bin++) {
            const i = rows.start[ph]! + a;
            const j = columns.start[pw]! + b;
            if (i >= rows.start[ph + 1]! || j >= columns.start[pw + 1]!) continue;
            index[bin] = base + rows.index[i]! * width + columns.index[j]!;
            weight[bin] = rows.weight[i]! * columns.weight[j]!;
            some = true;
          }
        }
      }
      if (some) yield { index, weight };
    }
  }
}

function longest(start: Int32Array): number {
  let most = 0;
  for (let i = 1; i < start.length; i++) most = Math.max(most, start[i]! - start[i - 1]!);
  return most;
}

/** Computes the next sum and frees the last one and what was used on the way, so that memory does not grow with the steps. */
function replace(last: Tensor2D, next: () => tf.Tensor): Tensor2D {
  const result = tf.tidy(next) as Tensor2D;
  last.dispose();
  return result;
}
