/**
 * Keypoints to people: peaks of the heatmaps are grouped by their tags (Associative Embedding, Newell, Huang, Deng, NeurIPS 2017).
 * Letters: P people, K kinds of keypoint, T tags a keypoint, H, W size of the maps.
 */
import type { Tensor1D, Tensor3D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { InvalidArgumentError, ShapeMismatchError } from '../../errors';
import { checkTensor, checkWhole, isWhole, orAtMost } from '../../kernel/check';
import { NATIVE_BACKEND, runKernel } from '../../kernel/registry';
import { groupPortable } from './grouping-portable';
import { GROUP_KEYPOINTS, plainMaps } from './register-keypoint-grouping';
import type { GroupingAttrs } from './types';

export interface GroupKeypointsOptions {
  /** Side of the window in which a peak is the largest value; odd. @defaultValue `5` */
  readonly nmsKernel?: number;
  /** At most this many peaks of each heatmap take part, the largest. There can be more people than that. @defaultValue `30` */
  readonly maxPeople?: number;
  /** Peaks must be greater than this; at least 0. @defaultValue `0.1` */
  readonly detectionThreshold?: number;
  /** A peak joins a person when its tags' distance to the person's mean is less. @defaultValue `1` */
  readonly tagThreshold?: number;
  /** Whether distances are rounded and high peaks then go first. @defaultValue `true` */
  readonly useDetectionVal?: boolean;
  /** Keeps to the first `maxPeople` people. @defaultValue `false` */
  readonly ignoreTooMuch?: boolean;
  /** Moves keypoints to their pixel's centre and a quarter towards the larger neighbours. @defaultValue `true` */
  readonly adjust?: boolean;
  /** Looks for joints without a peak where heatmap and tags fit best. @defaultValue `true` */
  readonly refine?: boolean;
  /** Order in which joints are grouped, a permutation. @defaultValue for 17 joints nose to hips before the limbs, else as they come */
  readonly jointOrder?: readonly number[];
}

/** People in the order in which the grouping found them. */
export interface KeypointGroups {
  /** P. */
  readonly people: number;
  /** `[P, K, 3]`: x, y in pixels of the maps and the heatmap's value; three zeros where a joint is missing. */
  readonly keypoints: Float32Array;
  /** `[P, K, T]`: tags at the peaks; zeros where there was none. */
  readonly tags: Float32Array;
  /** `[P]`: mean over the K joints of the heatmap's values at the peaks, 0 for those without one. */
  readonly scores: Float32Array;
}

const DEFAULTS = {
  nmsKernel: 5,
  maxPeople: 30,
  detectionThreshold: 0.1,
  tagThreshold: 1,
  useDetectionVal: true,
  ignoreTooMuch: false,
  adjust: true,
  refine: true,
} as const;
/** Head, shoulders and hips before elbows, wrists, knees and ankles, in the numbering of COCO. */
const ORDER_OF_17 = [0, 1, 2, 3, 4, 5, 6, 11, 12, 7, 8, 9, 10, 13, 14, 15, 16];

/**
 * Groups the keypoints of one image to people, as mmpose 0.29's `HeatmapParser` does (mmpose/core/post_processing/group.py).
 *
 * With `adjust`, pixel (0, 0) has its centre at (0.5, 0.5). What `refine` adds lies in that system with or without it. Equal peaks of
 * a heatmap go by their place, row by row. On backends other than the native one the maps are read by the host at once;
 * {@link groupKeypointsAsync} does not block for that.
 *
 * @param heatmaps - float32 [K, H, W], finite.
 * @param tags - float32 [T, K, H, W], or [T, 1, H, W] when all joints share their tags; finite. T is 2 with a flip test.
 * @throws {@link ShapeMismatchError}, {@link InvalidArgumentError}, {@link UnsupportedBackendError}
 * @example
 * ```ts
 * const heatmaps = tf.tensor3d([[[0, 0.9, 0, 0, 0, 0, 0.8]], [[0, 0, 0.7, 0, 0, 0, 0]]]); // two joints on one row
 * const tags = tf.tensor4d([[[[0, 5, 5, 5, 5, 9, 9]], [[5, 5, 5, 5, 5, 9, 9]]]]);
 * const { people, keypoints } = groupKeypoints(heatmaps, tags);
 * // 2 people; the first has both joints, the second, of tag 9, only one
 * ```
 */
export function groupKeypoints(
  heatmaps: Tensor3D,
  tags: Tensor4D,
  options: GroupKeypointsOptions = {},
): KeypointGroups {
  const attrs = check(heatmaps, tags, options);
  const [poses, scores] = runKernel<[Tensor3D, Tensor1D]>('groupKeypoints', GROUP_KEYPOINTS, { heatmaps, tags }, attrs);
  try {
    return split(poses.dataSync<'float32'>(), scores.dataSync<'float32'>(), heatmaps.shape[0], tags.shape[0]);
  } finally {
    tf.dispose([poses, scores]);
  }
}

/** As {@link groupKeypoints}, but waits for the maps instead of blocking; for `webgpu` and `webgl`, whose tensors are read through a queue. */
export async function groupKeypointsAsync(
  heatmaps: Tensor3D,
  tags: Tensor4D,
  options: GroupKeypointsOptions = {},
): Promise<KeypointGroups> {
  if (tf.getBackend() === NATIVE_BACKEND) return groupKeypoints(heatmaps, tags, options);
  const attrs = check(heatmaps, tags, options);
  const [heatmapData, tagData] = await Promise.all([heatmaps.data<'float32'>(), tags.data<'float32'>()]);
  const { poses, scores } = groupPortable(plainMaps(heatmaps, tags, heatmapData, tagData), attrs);
  return split(poses, scores, heatmaps.shape[0], tags.shape[0]);
}

function split(poses: Float32Array, scores: Float32Array, joints: number, tagSize: number): KeypointGroups {
  const people = scores.length;
  const keypoints = new Float32Array(people * joints * 3);
  const tags = new Float32Array(people * joints * tagSize);
  for (let i = 0; i < people * joints; i++) {
    const from = i * (3 + tagSize);
    keypoints.set(poses.subarray(from, from + 3), i * 3);
    tags.set(poses.subarray(from + 3, from + 3 + tagSize), i * tagSize);
  }
  return { people, keypoints, tags, scores };
}

function check(heatmaps: Tensor3D, tags: Tensor4D, options: GroupKeypointsOptions): GroupingAttrs {
  const op = 'groupKeypoints';
  checkTensor(op, 'heatmaps', heatmaps, '[K, H, W]', 3);
  checkTensor(op, 'tags', tags, '[T, K, H, W]', 4);
  const [joints, height, width] = heatmaps.shape;
  const [, maps, ...size] = tags.shape;
  if ((maps !== joints && maps !== 1) || size[0] !== height || size[1] !== width) {
    const own = `[T, ${joints}, ${height}, ${width}]`;
    throw new ShapeMismatchError(op, 'tags', `${own} or [T, 1, ${height}, ${width}]`, tags.shape);
  }
  const defined = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  const natural = joints === 17 ? ORDER_OF_17 : Array.from({ length: joints }, (_, joint) => joint);
  const attrs: GroupingAttrs = { ...DEFAULTS, jointOrder: natural, ...defined };
  const { nmsKernel, maxPeople, detectionThreshold, tagThreshold, jointOrder } = attrs;
  if (!isWhole(nmsKernel, 1) || nmsKernel % 2 === 0) {
    throw new InvalidArgumentError(
      op,
      'nmsKernel',
      nmsKernel,
      orAtMost(nmsKernel, 'an odd whole number of at least 1'),
    );
  }
  checkWhole(op, 'maxPeople', maxPeople, 1);
  if (!(detectionThreshold >= 0)) {
    throw new InvalidArgumentError(op, 'detectionThreshold', detectionThreshold, 'a number of at least 0');
  }
  if (Number.isNaN(tagThreshold)) throw new InvalidArgumentError(op, 'tagThreshold', tagThreshold, 'a number');
  if (jointOrder.length !== joints || new Set(jointOrder).size !== joints || !jointOrder.every((j) => j in natural)) {
    throw new InvalidArgumentError(op, 'jointOrder', jointOrder, `a permutation of 0 to ${joints - 1}`);
  }
  return attrs;
}
