/** Six steps of a small network beside torch's: every optimizer, with and without decay and clipping. */
import { readFileSync } from 'node:fs';
import { describeBackends, loadFixture, maxAbsError } from '@icconv/test-utils';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import {
  adam,
  adamW,
  clipScale,
  gradientNorm,
  lossGradients,
  type Optimizer,
  type ParameterOptions,
  type StateDict,
  sgd,
} from '../../src';
import { activate } from '../support/activate';

const folder = new URL('./fixtures/', import.meta.url);
const fixture = loadFixture(new URL('optimizers.safetensors', folder));
interface Case {
  readonly name: string;
  readonly optimizer: string;
  readonly weightDecay: number;
  readonly clip: number | null;
  readonly losses: readonly number[];
}
const { cases, tolerance } = JSON.parse(readFileSync(new URL('manifest.json', folder), 'utf8')) as {
  readonly cases: readonly Case[];
  readonly tolerance: { readonly weights: number };
};

const OPTIMIZERS: Record<string, { rate: number; make(options: ParameterOptions): Optimizer }> = {
  sgd: { rate: 0.1, make: (o) => sgd(o) },
  'sgd momentum': { rate: 0.1, make: (o) => sgd({ ...o, momentum: 0.9 }) },
  'sgd nesterov': { rate: 0.1, make: (o) => sgd({ ...o, momentum: 0.9, nesterov: true }) },
  adam: { rate: 0.01, make: (o) => adam(o) },
  'adam betas': { rate: 0.01, make: (o) => adam({ ...o, betas: [0.8, 0.95], epsilon: 1e-4 }) },
  adamw: { rate: 0.01, make: (o) => adamW(o) },
};
const NAMES = ['w1', 'b1', 'g', 'h', 'w2', 'b2'];

function tensor(name: string): tf.Tensor {
  const { data, shape } = fixture[name]!;
  return tf.tensor(data as Float32Array, shape);
}

function loss(weights: Readonly<StateDict>, x: tf.Tensor, target: tf.Tensor): tf.Scalar {
  const hidden = tf.tanh(tf.add(tf.matMul(x as tf.Tensor2D, weights.w1 as tf.Tensor2D), weights.b1!));
  const { mean, variance } = tf.moments(hidden, 1, true);
  const normal = tf.mul(tf.sub(hidden, mean), tf.rsqrt(tf.add(variance, 1e-5)));
  const y = tf.add(
    tf.matMul(tf.add(tf.mul(normal, weights.g!), weights.h!) as tf.Tensor2D, weights.w2 as tf.Tensor2D),
    weights.b2!,
  );
  return tf.mean(tf.square(tf.sub(y, target)));
}

describeBackends('optimizers golden', activate, () => {
  test.each(cases)('$name', ({ name, optimizer: kind, weightDecay, clip, losses }) => {
    const { rate, make } = OPTIMIZERS[kind]!;
    const optimizer = make({ weightDecay });
    const weights: StateDict = Object.fromEntries(NAMES.map((key) => [key, tensor(key)]));
    const [data, target] = [tensor('data'), tensor('target')];
    for (const [step, expected] of losses.entries()) {
      const [x, y] = [data, target].map((all) =>
        tf.tidy(() => tf.squeeze(tf.slice(all, [step, 0, 0], [1, -1, -1]), [0])),
      );
      const result = lossGradients(
        weights,
        () => true,
        (own) => ({ losses: { mse: loss(own, x!, y!) } }),
      );
      tf.dispose([x!, y!]);
      expect(result.losses.mse).toBeCloseTo(expected, 4);
      const gradientScale = clip === null ? 1 : clipScale(gradientNorm(result.gradients), clip);
      optimizer.update(weights, result.gradients, { learningRate: rate, gradientScale });
      tf.dispose(result.gradients);
    }
    for (const key of NAMES) {
      const expected = fixture[`${name}/${key}`]!.data as Float32Array;
      expect(maxAbsError(weights[key]!.dataSync(), expected), key).toBeLessThan(tolerance.weights);
    }
    expect(optimizer.steps).toBe(losses.length);
    tf.dispose([weights, data, target]);
    optimizer.dispose();
  });
});
