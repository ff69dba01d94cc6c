/** RoIAlign over typed arrays, for backends whose tensors lie in the host's memory (`wasm`, `cpu`). */
import type { Tensor1D, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { type AxisTaps, checkRois, type RoiAlignAttrs, roiTaps } from './geometry';

export function roiAlignPortable(
  rois: Tensor2D,
  levels: Tensor1D,
  features: readonly Tensor4D[],
  attrs: RoiAlignAttrs,
): Tensor4D {
  const roiData = rois.dataSync();
  const levelData = levels.dataSync();
  checkRois('roiAlign', roiData, levelData, attrs.maps);
  const taps = roiTaps(roiData, levelData, attrs);
  const maps = features.map((map) => map.dataSync<'float32'>());
  const channels = features[0]!.shape[3];
  const [height, width] = attrs.outputSize;
  const output = new Float32Array(rois.shape[0] * height * width * channels);
  forEachPixel(taps.rows, taps.columns, rois.shape[0], (roi, bin, y, x, weight) => {
    const level = levelData.length === 0 ? 0 : levelData[roi]!;
    const map = maps[level]!;
    const [, rowsOfMap, columnsOfMap] = attrs.maps[level]!.shape;
    const from = ((Math.trunc(roiData[roi * 5]!) * rowsOfMap + y) * columnsOfMap + x) * channels;
    const to = bin * channels;
    for (let c = 0; c < channels; c++) output[to + c]! += weight * map[from + c]!;
  });
  return tf.tensor4d(output, [rois.shape[0], height, width, channels]);
}

/** Gradient for map `level`. */
export function roiAlignGradPortable(
  dy: Tensor4D,
  rois: Tensor2D,
  levels: Tensor1D,
  attrs: RoiAlignAttrs,
  level: number,
): Tensor4D {
  const roiData = rois.dataSync();
  const taps = roiTaps(roiData, levels.dataSync(), attrs, level);
  const grad = dy.dataSync<'float32'>();
  const { shape } = attrs.maps[level]!;
  const [batch, height, width, channels] = shape;
  const output = new Float32Array(batch * height * width * channels);
  forEachPixel(taps.rows, taps.columns, rois.shape[0], (roi, bin, y, x, weight) => {
    const to = ((Math.trunc(roiData[roi * 5]!) * height + y) * width + x) * channels;
    const from = bin * channels;
    for (let c = 0; c < channels; c++) output[to + c]! += weight * grad[from + c]!;
  });
  return tf.tensor4d(output, [...shape]);
}

type Visit = (roi: number, bin: number, y: number, x: number, weight: number) => void;

/** Visits every pixel of every bin; `bin` counts over all RoIs. */
function forEachPixel(rows: AxisTaps, columns: AxisTaps, rois: number, visit: Visit): void {
  for (let roi = 0, bin = 0; roi < rois; roi++) {
    for (let ph = roi * rows.bins; ph < (roi + 1) * rows.bins; ph++) {
      for (let pw = roi * columns.bins; pw < (roi + 1) * columns.bins; pw++, bin++) {
        for (let i = rows.start[ph]!; i < rows.start[ph + 1]!; i++) {
          for (let j = columns.start[pw]!; j < columns.start[pw + 1]!; j++) {
            visit(roi, bin, rows.index[i]!, columns.index[j]!, rows.weight[i]! * columns.weight[j]!);
          }
        }
      }
    }
  }
}
