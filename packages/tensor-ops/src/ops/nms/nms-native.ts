/** Batched NMS on TensorFlow's native runtime, by the op of native/binding/nms_op.cc. */
import type { Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import { isRefusal } from '../../kernel/kernel-errors';
import { attr, type NativeBackend, roundDownToFloat } from '../../kernel/native-backend';
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
