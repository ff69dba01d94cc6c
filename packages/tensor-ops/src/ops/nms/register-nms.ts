/** Kernels of `batchedNms`. It has no gradient: indices are no function one can differentiate. */
import type { Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { registerOnAllBackends } from '../../kernel/registry';
import { checkScores } from './check-scores';
import { type GreedyNmsOptions, greedyNms } from './greedy-nms';
import { nmsNative } from './nms-native';

export const BATCHED_NMS = 'BatchedNms';

interface Inputs {
  readonly boxes: Tensor2D;
  readonly scores: Tensor1D;
  /** Of no element when all boxes compete. */
  readonly groups: Tensor1D;
}

export function registerNms(): void {
  registerOnAllBackends<Inputs, GreedyNmsOptions>(BATCHED_NMS, ({ boxes, scores, groups }, attrs, { native }) => {
    if (boxes.shape[0] === 0) return tf.tensor1d([], 'int32');
    if (native !== undefined) return nmsNative(native, boxes, scores, groups, attrs);
    const scoreData = scores.dataSync<'float32'>();
    checkScores(scoreData);
    return tf.tensor1d(greedyNms(boxes.dataSync<'float32'>(), scoreData, groups.dataSync(), attrs), 'int32');
  });
}
