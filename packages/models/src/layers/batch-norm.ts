/**
 * Batch normalisation over the images and the map, PyTorch's way.
 *
 *     y = (x - mean) / sqrt(variance + epsilon) * weight + bias
 *
 * With running statistics it is a scale and a shift. With those of the batch, the variance that normalises divides by the number of
 * values n, the one that goes into the running variance by n - 1.
 */
import { InvalidArgumentError } from '@icconv/tensor-ops';
import type { Tensor, Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';

/** PyTorch's default, which every published ResNet has. */
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
export function scaleAndShift({ weight, bias, mean, variance }: BatchNormWeights): [scale: Tensor1D, shift: Tensor1D] {
  const scale = tf.mul<Tensor1D>(weight, tf.rsqrt(tf.add(variance, BATCH_NORM_EPSILON)));
  return [scale, tf.sub(bias, tf.mul(mean, scale))];
}

/** Normalises by the running statistics. Differentiable for x, weight and bias. */
export function normalizeByRunning(x: Tensor4D, weights: BatchNormWeights): Tensor4D {
  const [scale, shift] = scaleAndShift(weights);
  return tf.add(tf.mul(x, scale), shift);
}

/** The result, and the new running statistics. */
export interface BatchNormalized {
  readonly y: Tensor4D;
  readonly mean: Tensor1D;
  readonly variance: Tensor1D;
}

/**
 * Normalises by the batch. Differentiable for x, weight and bias.
 *
 * @throws {@link InvalidArgumentError} for a batch with one value a channel, which has no variance.
 */
export function normalizeByBatch(
  op: string,
  name: string,
  x: Tensor4D,
  weights: BatchNormWeights,
  momentum: number,
): BatchNormalized {
  const [batch, height, width] = x.shape;
  const count = batch * height * width;
  if (count < 2) {
    const expected = `more than one value a channel for the statistics of ${name}: a larger batch or image`;
    throw new InvalidArgumentError(op, 'x', `a map [${x.shape.join(', ')}] there`, expected);
  }
  const axes = [0, 1, 2];
  const mean: Tensor1D = tf.mean(x, axes);
  const variance: Tensor1D = tf.mean(tf.square(tf.sub(x, mean)), axes);
  const inverse = tf.rsqrt(tf.add<Tensor1D>(variance, BATCH_NORM_EPSILON));
  const blend = (old: Tensor1D, now: Tensor) => tf.add<Tensor1D>(tf.mul(old, 1 - momentum), tf.mul(now, momentum));
  return {
    y: normalize(x, weights.weight, weights.bias, mean, inverse),
    mean: blend(weights.mean, mean),
    variance: blend(weights.variance, tf.mul(variance, count / (count - 1))),
  };
}

/** With mean and deviation as functions of x: dx = weight/deviation * (dy - mean(dy) - z*mean(dy*z)), z the normalised x. */
function normalize(x: Tensor4D, weight: Tensor1D, bias: Tensor1D, mean: Tensor1D, inverse: Tensor1D): Tensor4D {
  const op = tf.customGrad((...args) => {
    const [input, scale, shift, save] = args as [Tensor4D, Tensor1D, Tensor1D, tf.GradSaveFunc];
    save([input, scale, mean, inverse]);
    const factor = tf.mul<Tensor1D>(scale, inverse);
    return {
      // The mean comes off first: scaled along, it would take digits with it where it is large beside the deviation.
      value: tf.add<Tensor4D>(tf.mul(tf.sub(input, mean), factor), shift),
      gradFunc: (dy, saved) => normalizeGradient(dy as Tensor4D, saved),
    };
  });
  return op(x, weight, bias) as Tensor4D;
}

function normalizeGradient(dy: Tensor4D, saved: readonly Tensor[]): Tensor[] {
  const [x, weight, mean, inverse] = saved as [Tensor4D, Tensor1D, Tensor1D, Tensor1D];
  const axes = [0, 1, 2];
  const count = x.shape[0] * x.shape[1] * x.shape[2];
  const centred = tf.sub(x, mean);
  const dBias = tf.sum(dy, axes);
  const dWeight = tf.mul(tf.sum(tf.mul(dy, centred), axes), inverse);
  const slope = tf.mul(tf.mul(dWeight, inverse), 1 / count);
  const dx = tf.sub(tf.sub(dy, tf.mul(dBias, 1 / count)), tf.mul(centred, slope));
  return [tf.mul(dx, tf.mul(weight, inverse)), dWeight, dBias];
}
