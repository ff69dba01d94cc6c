/** Batched NMS on TensorFlow's native runtime, by the op of native/binding/nms_op.cc. */
import type { Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import { attr, type NativeBackend } from '../../engine/native-backend';
import { isRefusal } from '../kernel-errors';
import { checkScores } from './check-scores';
import type { GreedyNmsOptions } from './greedy-nms';

export function nmsNative(
  backend: NativeBackend,
  boxes: Tensor2D,
  scores: Tensor1D,
  groups: Tensor1D,
  options: GreedyNmsOptions,
): Tensor1D {
  const { iouThreshold, scoreThreshold, maxOutputSize } = options;
  const attrs = [
    attr.float('iou_threshold', roundDownToFloat(iouThreshold)),
    attr.float('score_threshold', roundDownToFloat(scoreThreshold ?? 0)),
    attr.bool('use_score_threshold', scoreThreshold !== undefined),
    attr.int('max_output', Number.isFinite(maxOutputSize) ? maxOutputSize : -1),
  ];
  try {
    return backend.executeSingleOutput('IcconvNms', attrs, [boxes, scores, groups]) as Tensor1D;
  } catch (error) {
    // The op refuses NaN scores; this says so in the project's own error.
    if (isRefusal(error)) checkScores(scores.dataSync<'float32'>());
    throw error;
  }
}

const floats = new Float32Array(1);
const bits = new Int32Array(floats.buffer);

/**
 * The largest float32 that is not above `x`. A float is greater than `x` exactly when it is greater than this, so comparisons in
 * float32 decide as they would in double precision.
 */
export function roundDownToFloat(x: number): number {
  floats[0] = x;
  if (floats[0] <= x) return floats[0];
  // The next float below; for a negative zero that is the smallest negative number.
  bits[0] = floats[0] > 0 ? bits[0]! - 1 : floats[0] === 0 ? -0x7fffffff : bits[0]! + 1;
  return floats[0];
}
