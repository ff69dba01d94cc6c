/**
 * The first linear layer of the box head reads pooled RoIs flattened: PyTorch in the order channel, row, column; we, whose maps have
 * their channels last, in the order row, column, channel. Its rows change order between the two.
 */
import type { Tensor, Tensor2D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type { FasterRcnnConfig } from '../config/faster-rcnn-config';
import { boxHeadNames } from '../roi-heads/box-head';

/** Name of the matrix whose rows change order. */
export function flattenedWeight(config: FasterRcnnConfig): string {
  return `${boxHeadNames(config.roi).linears[0]}.weight`;
}

/** A new record in which that matrix [S S C, hidden] has its rows in our order; all other tensors are the same. */
export function fromTorchOrder(weights: Record<string, Tensor>, config: FasterRcnnConfig): Record<string, Tensor> {
  return reordered(weights, config, (size, channels) => [channels, size, size], [1, 2, 0, 3]);
}

/** The way back. */
export function toTorchOrder(
  weights: Readonly<Record<string, Tensor>>,
  config: FasterRcnnConfig,
): Record<string, Tensor> {
  return reordered(weights, config, (size, channels) => [size, size, channels], [2, 0, 1, 3]);
}

function reordered(
  weights: Readonly<Record<string, Tensor>>,
  config: FasterRcnnConfig,
  axes: (size: number, channels: number) => [number, number, number],
  permutation: number[],
): Record<string, Tensor> {
  const name = flattenedWeight(config);
  const matrix = weights[name] as Tensor2D;
  const changed = tf.tidy(() => {
    const split = tf.reshape(matrix, [...axes(config.roi.outputSize, config.fpnChannels), matrix.shape[1]]);
    return tf.reshape(tf.transpose(split, permutation), matrix.shape);
  });
  return { ...weights, [name]: changed };
}
