/**
 * Masks of a picture, as the masks of regions: what a mask head learns from. Letters: G masks, R regions, S side of a crop.
 *
 * Sources: torchvision/models/detection/roi_heads.py `project_masks_on_boxes`; mmdetection `BitmapMasks.crop_and_resize`.
 */
import type { Tensor2D, Tensor3D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { InvalidArgumentError, ShapeMismatchError } from '../../errors';
import { checkResult, checkTensor, checkWhole } from '../../kernel/check';
import { runKernel } from '../../kernel/registry';
import { CROP_MASKS } from './register-masks';
import type { CropMasksAttrs } from './types';

export interface CropMasksOptions {
  /** Of the masks, in pixels. */
  readonly height: number;
  readonly width: number;
  /** S. */
  readonly outputSize: number;
  /** Samples a bin on each axis, at most 128; 0 for as many as the bin has pixels. @defaultValue `0` */
  readonly samplingRatio?: number;
  /** Half-pixel RoIAlign, or the legacy one. @defaultValue `true` */
  readonly aligned?: boolean;
  /** Values become 1 where they are at least 0.5, and else 0. @defaultValue `false` */
  readonly binary?: boolean;
}

/** What a bin is sampled with at most on each axis: far more than makes a difference. */
const MOST_SAMPLES = 128;

/**
 * Crops masks to regions: RoIAlign of bitmaps, without making them tensors. Values are the share of each bin that the mask covers.
 *
 * @param masks - run lengths of each, down the columns, zeros first: height times width in all.
 * @param rois - float32 [R, 4], x1 y1 x2 y2 in pixels of the masks, finite; R may be 0.
 * @param owners - the mask that each region is a crop of.
 * @returns float32 [R, S, S] in [0, 1]; the caller disposes it. It has no gradient.
 * @throws {@link ShapeMismatchError}, {@link InvalidArgumentError}, {@link UnsupportedBackendError}
 */
export function cropMasks(
  masks: readonly Uint32Array[],
  rois: Tensor2D,
  owners: ArrayLike<number>,
  options: CropMasksOptions,
): Tensor3D {
  const op = 'cropMasks';
  const attrs = check(masks, rois, owners, options);
  return tf.tidy(() => {
    const counts = new Int32Array(masks.reduce((sum, { length }) => sum + length, 0));
    let at = 0;
    for (const runs of masks) {
      counts.set(runs, at);
      at += runs.length;
    }
    const inputs = {
      counts: tf.tensor1d(counts, 'int32'),
      lengths: tf.tensor1d(
        Int32Array.from(masks, ({ length }) => length),
        'int32',
      ),
      rois,
      owners: tf.tensor1d(Int32Array.from(owners), 'int32'),
    };
    return runKernel<Tensor3D>(op, CROP_MASKS, inputs, attrs);
  });
}

function check(
  masks: readonly Uint32Array[],
  rois: Tensor2D,
  owners: ArrayLike<number>,
  { height, width, outputSize, samplingRatio = 0, aligned = true, binary = false }: CropMasksOptions,
): CropMasksAttrs {
  const op = 'cropMasks';
  checkTensor(op, 'rois', rois, '[R, 4]', 2, [0]);
  const [regions, columns] = rois.shape;
  if (columns !== 4) throw new ShapeMismatchError(op, 'rois', '[R, 4]', rois.shape);
  checkWhole(op, 'height', height, 1);
  checkWhole(op, 'width', width, 1);
  checkResult(op, [height, width]);
  checkWhole(op, 'outputSize', outputSize, 1);
  checkWhole(op, 'samplingRatio', samplingRatio, 0, MOST_SAMPLES);
  checkResult(op, [regions, outputSize, outputSize]);
  for (const [i, runs] of masks.entries()) {
    const pixels = runs.reduce((sum, run) => sum + run, 0);
    if (pixels !== height * width) {
      const expected = `run lengths of ${height} x ${width} = ${height * width} pixels`;
      throw new InvalidArgumentError(op, `masks[${i}]`, `${pixels} pixels`, expected);
    }
  }
  const known = (owner: number) => Number.isInteger(owner) && owner >= 0 && owner < masks.length;
  const unknown = Array.from(owners).find((owner) => !known(owner));
  if (unknown !== undefined) {
    throw new InvalidArgumentError(op, 'owners', unknown, `the index of one of ${masks.length} masks`);
  }
  if (owners.length !== regions)
    throw new InvalidArgumentError(op, 'owners', owners.length, `${regions}, as many as rois`);
  return { height, width, outputSize, samplingRatio, aligned, binary };
}
