/**
 * The first linear layer of a box head reads pooled RoIs flattened: PyTorch in the order channel, row, column; we, whose maps have
 * their channels last, in the order row, column, channel. Its rows change order between the two.
 */
import type { Tensor, Tensor2D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type { FasterRcnnConfig } from '../config/faster-rcnn-config';
import { boxStages } from '../roi-heads/box-head';

/** Names of the matrices whose rows change order. */
export function flattenedWeights(config: FasterRcnnConfig): string[] {
  return boxStages(config).flatMap(({ head }) => {
    const linears = head.filter(({ kind }) => kind === 'linear');
    // Without a hidden layer both outputs read the RoIs.
    const readers = config.roi.linears > 0 ? linears.slice(0, 1) : linears;
    return readers.map(({ name }) => `${name}.weight`);
  });
}

/** A new record in which those matrices [S S C, out] have their rows in our order; all other tensors are the same. */
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
  const changed = flattenedWeights(config).flatMap((name) => {
    const matrix = weights[name] as Tensor2D | undefined;
    if (matrix === undefined) return [];
    const own = tf.tidy(() => {
      const split = tf.reshape(matrix, [...axes(config.roi.outputSize, config.fpnChannels), matrix.shape[1]]);
      return tf.reshape(tf.transpose(split, permutation), matrix.shape);
    });
    return [[name, own] as const];
  });
  return { ...weights, ...Object.fromEntries(changed) };
}
