/**
 * Batch normalisation over the images and the map, PyTorch's way.
 *
 *     y = (x - mean) / sqrt(variance + epsilon) * weight + bias
 *
 * With running statistics it is a scale and a shift. With those of the batch, the variance that normalises divides by the number of
 * values n, the one that goes into the running variance by n - 1.
 */
import { batchNorm, InvalidArgumentError, sharesStatistics } from '@icconv/tensor-ops';
import type { Tensor, Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';

/** PyTorch's default. */
export const BATCH_NORM_EPSILON = 1e-5;
/** Share of the batch in the new running statistics; PyTorch's default. */
export const BATCH_NORM_MOMENTUM = 0.1;

export interface BatchNormWeights {
  readonly weight: Tensor1D;
  readonly bias: Tensor1D;
  readonly mean: Tensor1D;
  readonly variance: Tensor1D;
}

/** Scale and shift that normalisation by running statistics amounts to. */
export function scaleAndShift(
  { weight, bias, mean, variance }: BatchNormWeights,
  epsilon: number,
): [scale: Tensor1D, shift: Tensor1D] {
  const scale = tf.mul<Tensor1D>(weight, tf.rsqrt(tf.add(variance, epsilon)));
  return [scale, tf.sub(bias, tf.mul(mean, scale))];
}

/** Normalises by the running statistics. Differentiable for x, weight and bias. */
export function normalizeByRunning(x: Tensor4D, weights: BatchNormWeights, epsilon = BATCH_NORM_EPSILON): Tensor4D {
  const [scale, shift] = scaleAndShift(weights, epsilon);
  return tf.add(tf.mul(x, scale), shift);
}

/** The result, and the new running statistics. */
export interface BatchNormalized {
  readonly y: Tensor4D;
  readonly mean: Tensor1D;
  readonly variance: Tensor1D;
}

/** The sum with the shortcut, if there is one, and ReLU, which follow a batch norm. */
export interface AfterNorm {
  readonly relu: boolean;
  readonly residual?: Tensor4D;
}

/**
 * Normalises by the batch. Differentiable for x, weight, bias and residual.
 *
 * @throws {@link InvalidArgumentError} for a batch with one value a channel, which has no variance.
 */
export function normalizeByBatch(
  op: string,
  name: string,
  x: Tensor4D,
  weights: BatchNormWeights,
  momentum: number,
  after: AfterNorm = { relu: false },
  epsilon = BATCH_NORM_EPSILON,
): BatchNormalized {
  const [batch, height, width] = x.shape;
  const checkCount = (values: number) => {
    if (values >= 2) return;
    const expected = `more than one value a channel for the statistics of ${name}: a larger batch or image`;
    throw new InvalidArgumentError(op, 'x', `a map [${x.shape.join(', ')}] there`, expected);
  };
  if (!sharesStatistics()) checkCount(batch * height * width);
  const { y, mean, variance, count } = batchNorm(x, weights.weight, weights.bias, { epsilon, ...after });
  checkCount(count);
  const blend = (old: Tensor1D, now: Tensor) => tf.add<Tensor1D>(tf.mul(old, 1 - momentum), tf.mul(now, momentum));
  return {
    y,
    mean: blend(weights.mean, mean),
    variance: blend(weights.variance, tf.mul(variance, count / (count - 1))),
  };
}
