/** Kernels of `groupKeypoints`. It has no gradient: indices and assignments are no function one can differentiate. */
import type { Tensor3D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { registerOnAllBackends } from '../../kernel/registry';
import { checkFinite } from './check-finite';
import { groupNative } from './grouping-native';
import { groupPortable } from './grouping-portable';
import type { GroupingAttrs, GroupingMaps } from './types';

export const GROUP_KEYPOINTS = 'IcConvGroupKeypoints';

interface Inputs {
  readonly heatmaps: Tensor3D;
  readonly tags: Tensor4D;
}

/** Gives float32 [P, K, 3 + T], x, y, score and tags, and float32 [P], the people's scores. */
export function registerKeypointGrouping(): void {
  registerOnAllBackends<Inputs, GroupingAttrs>(GROUP_KEYPOINTS, ({ heatmaps, tags }, attrs, { native }) => {
    if (native !== undefined) return groupNative(native, heatmaps, tags, attrs);
    const maps = plainMaps(heatmaps, tags, heatmaps.dataSync<'float32'>(), tags.dataSync<'float32'>());
    const { poses, scores } = groupPortable(maps, attrs);
    return [tf.tensor3d(poses, [scores.length, maps.joints, 3 + maps.tagSize]), tf.tensor1d(scores)];
  });
}

/** @throws {@link InvalidArgumentError} for numbers that are not finite. */
export function plainMaps(
  heatmaps: Tensor3D,
  tags: Tensor4D,
  heatmapData: Float32Array,
  tagData: Float32Array,
): GroupingMaps {
  checkFinite(heatmapData, tagData);
  const [joints, height, width] = heatmaps.shape;
  const [tagSize, tagMaps] = tags.shape;
  return { heatmaps: heatmapData, tags: tagData, joints, tagSize, tagMaps, height, width };
}
