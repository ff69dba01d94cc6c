/** `groupKeypoints` on TensorFlow's native runtime, by the op of native/binding/keypoint_grouping_op.cc. */
import type { Tensor, Tensor3D, Tensor4D } from '@tensorflow/tfjs-core';
import { isRefusal } from '../../kernel/kernel-errors';
import { attr, type NativeBackend, roundDownToFloat } from '../../kernel/native-backend';
import { checkFinite } from './check-finite';
import type { GroupingAttrs } from './types';

export function groupNative(
  backend: NativeBackend,
  heatmaps: Tensor3D,
  tags: Tensor4D,
  attrs: GroupingAttrs,
): Tensor[] {
  const nativeAttrs = [
    attr.int('nms_kernel', attrs.nmsKernel),
    attr.int('max_people', attrs.maxPeople),
    attr.float('detection_threshold', roundDownToFloat(attrs.detectionThreshold)),
    // Distances are doubles, so a float would not do; attributes have no doubles.
    attr.int('tag_threshold_bits', [...new Int32Array(new Float64Array([attrs.tagThreshold]).buffer)]),
    attr.bool('use_detection_val', attrs.useDetectionVal),
    attr.bool('ignore_too_much', attrs.ignoreTooMuch),
    attr.bool('adjust', attrs.adjust),
    attr.bool('refine', attrs.refine),
    attr.int('joint_order', attrs.jointOrder),
  ];
  try {
    return backend.executeMultipleOutputs('IcconvGroupKeypoints', nativeAttrs, [heatmaps, tags], 2) as Tensor[];
  } catch (error) {
    // The op refuses what is not finite; this says so in the project's own error.
    if (isRefusal(error)) checkFinite(heatmaps.dataSync<'float32'>(), tags.dataSync<'float32'>());
    throw error;
  }
}
