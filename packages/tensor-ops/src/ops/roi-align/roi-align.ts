/**
 * RoIAlign: pools each region of interest (RoI) of a feature map to a grid of fixed size by averaging bilinear samples.
 *
 * Letters: N images, H x W feature map, C channels, R RoIs, PH x PW bins. Source: He et al., "Mask R-CNN", ICCV 2017, section 3;
 * the same sampling rules as torchvision.ops.roi_align.
 */
import type { Tensor1D, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { InvalidArgumentError, ShapeMismatchError } from '../../errors';
import { checkLive, checkPair, checkResult, checkWhole } from '../../kernel/check';
import { MOST_SAMPLING_RATIO, type RoiMap } from './geometry';
import { runRoiAlign } from './register-roi-align';

interface RoiAlignSampling {
  /** Bins [PH, PW], or one number for both. */
  readonly outputSize: number | readonly [number, number];
  /**
   * Samples per bin and axis, at most 4096; 0 takes as many as the bin has feature pixels, rounded up, for each RoI and axis.
   * @defaultValue `0`
   */
  readonly samplingRatio?: number;
  /**
   * True: pixel centers lie at half-integers, so corners move by -0.5 after scaling. False is the legacy rule of older
   * checkpoints: no shift, and a RoI is at least 1 x 1 feature pixel.
   * @defaultValue `true`
   */
  readonly aligned?: boolean;
}

export interface RoiAlignOptions extends RoiAlignSampling {
  /** Feature pixels per image pixel, such as 1/4. @defaultValue `1` */
  readonly spatialScale?: number;
}

export interface MultiLevelRoiAlignOptions extends RoiAlignSampling {
  /** Feature pixels per image pixel of each map, such as [1/4, 1/8, 1/16, 1/32]. */
  readonly spatialScales: readonly number[];
}

export const ROI_ALIGN_DEFAULTS = { spatialScale: 1, samplingRatio: 0, aligned: true } as const;

/**
 * Pools RoIs of one feature map. Differentiable for `features`; the gradient for `rois` is 0.
 *
 * A sample farther than one feature pixel outside the map counts as 0; nearer ones are clamped to the edge. A RoI without area
 * gives 0 when `aligned` and `samplingRatio` is 0, else samples of its place.
 *
 * @param features - float32 [N, H, W, C].
 * @param rois - float32 [R, 5]: index of the image, then the corners x1, y1, x2, y2 in image pixels. R may be 0.
 * @returns float32 [R, PH, PW, C]. The caller disposes it.
 * @throws {@link ShapeMismatchError}, {@link InvalidArgumentError} (also for an absent image or a corner that is not finite,
 *   in feature pixels and float32),
 *   {@link UnsupportedBackendError}
 * @example
 * ```ts
 * const features = tf.ones([1, 8, 8, 3]);
 * const rois = tf.tensor2d([[0, 4, 4, 20, 28]]);
 * const pooled = roiAlign(features, rois, { outputSize: 7, spatialScale: 1 / 4 }); // [1, 7, 7, 3], all 1
 * ```
 */
export function roiAlign(features: Tensor4D, rois: Tensor2D, options: RoiAlignOptions): Tensor4D {
  const { spatialScale = ROI_ALIGN_DEFAULTS.spatialScale } = options;
  checkMap('roiAlign', 'features', features);
  checkScale('roiAlign', 'spatialScale', spatialScale);
  return pool('roiAlign', [features], [spatialScale], rois, undefined, options);
}

/**
 * Pools RoIs of several feature maps, each RoI of the map that `levels` names, in one call and into one result: the pooling of a
 * feature pyramid. Differentiable for every map.
 *
 * @param features - float32 maps [N, H, W, C] of equal C.
 * @param rois - as for {@link roiAlign}.
 * @param levels - int32 [R], index into `features` for each RoI.
 * @returns float32 [R, PH, PW, C], in the order of `rois`. The caller disposes it.
 * @throws as {@link roiAlign}
 */
export function multiLevelRoiAlign(
  features: readonly Tensor4D[],
  rois: Tensor2D,
  levels: Tensor1D,
  options: MultiLevelRoiAlignOptions,
): Tensor4D {
  const op = 'multiLevelRoiAlign';
  if (features.length === 0) throw new InvalidArgumentError(op, 'features', [], 'one map at least');
  const { spatialScales } = options;
  if (spatialScales.length !== features.length) {
    throw new InvalidArgumentError(
      op,
      'spatialScales',
      spatialScales,
      `one scale for each of the ${features.length} maps`,
    );
  }
  features.forEach((map, level) => {
    checkMap(op, `features[${level}]`, map);
    checkScale(op, `spatialScales[${level}]`, spatialScales[level]!);
    if (map.shape[3] !== features[0]!.shape[3]) {
      throw new ShapeMismatchError(op, `features[${level}]`, `[N, H, W, ${features[0]!.shape[3]}]`, map.shape);
    }
  });
  checkLive(op, 'rois', rois);
  checkLive(op, 'levels', levels, 'int32');
  if (levels.rank !== 1 || levels.shape[0] !== rois.shape[0]) {
    throw new ShapeMismatchError(op, 'levels', `[${rois.shape[0]}], one for each RoI`, levels.shape);
  }
  return pool(op, features, spatialScales, rois, levels, options);
}

function pool(
  op: string,
  features: readonly Tensor4D[],
  scales: readonly number[],
  rois: Tensor2D,
  levels: Tensor1D | undefined,
  options: RoiAlignSampling,
): Tensor4D {
  checkLive(op, 'rois', rois);
  if (rois.rank !== 2 || rois.shape[1] !== 5) throw new ShapeMismatchError(op, 'rois', '[R, 5]', rois.shape);
  const { samplingRatio = ROI_ALIGN_DEFAULTS.samplingRatio, aligned = ROI_ALIGN_DEFAULTS.aligned } = options;
  checkWhole(op, 'samplingRatio', samplingRatio, 0, MOST_SAMPLING_RATIO);
  const outputSize = checkPair(op, 'outputSize', options.outputSize, 1);
  checkResult(op, [rois.shape[0], ...outputSize, features[0]!.shape[3]]);
  const attrs = {
    outputSize,
    samplingRatio,
    aligned,
    maps: features.map((map, level): RoiMap => ({ shape: map.shape, scale: scales[level]! })),
  };
  if (levels !== undefined) return runRoiAlign(rois, levels, features, attrs);
  const none = tf.tensor1d([], 'int32');
  try {
    return runRoiAlign(rois, none, features, attrs);
  } finally {
    none.dispose();
  }
}

function checkMap(op: string, parameter: string, map: Tensor4D): void {
  checkLive(op, parameter, map);
  if (map.rank !== 4 || map.shape[1] === 0 || map.shape[2] === 0) {
    throw new ShapeMismatchError(op, parameter, '[N, H, W, C] with H and W at least 1', map.shape);
  }
}

function checkScale(op: string, parameter: string, scale: number): void {
  if (!(Number.isFinite(scale) && scale > 0)) {
    throw new InvalidArgumentError(op, parameter, scale, 'a positive finite number');
  }
}
