import { InvalidArgumentError } from '@icconv/tensor-ops';
import { describeBackends } from '@icconv/test-utils';
import { hashedTensor } from '@icconv/test-utils/values';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { activate } from '../../test/support/activate';
import { type BatchNormWeights, normalizeByBatch, normalizeByRunning } from './batch-norm';

const vector = (...values: number[]) => tf.tensor1d(values);
const weights = (): BatchNormWeights => ({
  weight: vector(2, 1),
  bias: vector(1, 0),
  mean: vector(10, 0),
  variance: vector(1, 4),
});
/** Two images of one pixel: channel 0 has 1 and 3, channel 1 has 0 and 4. */
const pixels = () => tf.tensor4d([1, 0, 3, 4], [2, 1, 1, 2]);

async function read(tensors: tf.Tensor[]): Promise<number[][]> {
  const values = await Promise.all(tensors.map((tensor) => tensor.data()));
  tf.dispose(tensors);
  return values.map((value) => [...value]);
}

describeBackends('batch norm', activate, () => {
  test('takes mean and variance of the batch, and hands running ones back', async () => {
    const results = tf.tidy(() => {
      const { y, mean, variance } = normalizeByBatch('test', 'bn', pixels(), weights(), 0.1);
      return [y, mean, variance];
    });
    const [y, mean, variance] = await read(results);
    // Means 2 and 2, variances 1 and 4; the running variance takes in 2 and 8, divided by n - 1 = 1 and not by n = 2.
    [-1, -1, 3, 1].forEach((value, i) => void expect(y![i]).toBeCloseTo(value, 4));
    [0.9 * 10 + 0.1 * 2, 0.1 * 2].forEach((value, i) => void expect(mean![i]).toBeCloseTo(value, 5));
    [0.9 + 0.1 * 2, 0.9 * 4 + 0.1 * 8].forEach((value, i) => void expect(variance![i]).toBeCloseTo(value, 5));
  });

  test('uses running statistics when frozen', async () => {
    const [y] = await read([tf.tidy(() => normalizeByRunning(pixels(), weights()))]);
    [1 - 18, 0, 1 - 14, 2].forEach((value, i) => void expect(y![i]).toBeCloseTo(value, 3));
  });

  test('has the gradient of its definition', async () => {
    // The same normalisation from TensorFlow.js' own differentiable operators.
    const composed = (x: tf.Tensor, weight: tf.Tensor, bias: tf.Tensor) => {
      const mean = tf.mean(x, [0, 1, 2]);
      const variance = tf.mean(tf.square(tf.sub(x, mean)), [0, 1, 2]);
      const z = tf.mul(tf.sub(x, mean), tf.pow(tf.add(variance, 1e-5), -0.5));
      return tf.add(tf.mul(z, weight), bias);
    };
    const gradients = tf.tidy(() => {
      const x = hashedTensor('x', [2, 3, 5, 4]);
      const dy = hashedTensor('dy', [2, 3, 5, 4]);
      const [weight, bias] = [hashedTensor('weight', [4]), hashedTensor('bias', [4])];
      const rest = { mean: tf.zeros<tf.Rank.R1>([4]), variance: tf.ones<tf.Rank.R1>([4]) };
      const own = (input: tf.Tensor, w: tf.Tensor, b: tf.Tensor) => {
        const all = { ...rest, weight: w as tf.Tensor1D, bias: b as tf.Tensor1D };
        return normalizeByBatch('test', 'bn', input as tf.Tensor4D, all, 0.1).y;
      };
      return [...tf.grads(own)([x, weight, bias], dy), ...tf.grads(composed)([x, weight, bias], dy)];
    });
    const [dx, dWeight, dBias, ...expected] = await read(gradients);
    [dx, dWeight, dBias].forEach((values, i) => {
      values!.forEach((value, j) => void expect(value).toBeCloseTo(expected[i]![j]!, 4));
    });
  });

  test('refuses one value a channel', () => {
    tf.tidy(() => {
      const run = () => normalizeByBatch('resnet', 'layer4.2.bn3', tf.ones([1, 1, 1, 2]), weights(), 0.1);
      expect(run).toThrow(InvalidArgumentError);
      expect(run).toThrow(
        /more than one value a channel for the statistics of layer4\.2\.bn3: a larger batch or image/,
      );
    });
  });
});
