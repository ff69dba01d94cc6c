import { readFileSync } from 'node:fs';
import { describeBackends, loadFixture, maxRelativeError } from '@icconv/test-utils';
import { hashed } from '@icconv/test-utils/values';
import type { Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { conv2d, convTranspose2d } from '../../src/ops/conv2d';
import { maxPool2d } from '../../src/ops/max-pool2d';
import { activate } from '../support/activate';

interface Case {
  readonly op: 'conv2d' | 'convTranspose2d' | 'maxPool2d';
  readonly x: [number, number, number, number];
  readonly kernel: number;
  readonly out?: number;
  readonly strides: number;
  readonly pad: number;
  readonly dilations?: number;
  readonly groups?: number;
  readonly outputPadding?: number;
}

const folder = new URL('./fixtures/', import.meta.url);
const { tolerance, cases } = JSON.parse(readFileSync(new URL('manifest.json', folder), 'utf8')) as {
  readonly tolerance: { readonly forward: number; readonly gradient: number };
  readonly cases: readonly Case[];
};
const fixture = loadFixture(new URL('conv-ops.safetensors', folder));
const filled = (seed: number, shape: readonly number[]) =>
  tf.tensor(
    hashed(
      seed,
      shape.reduce((a, b) => a * b),
    ),
    [...shape],
  );

describeBackends('PyTorch', activate, () => {
  test.each(
    cases.map(
      (c, index) => [`${c.op} ${c.kernel}x${c.kernel} s${c.strides} p${c.pad}, case ${index}`, c, index] as const,
    ),
  )('%s', async (_, c, index) => {
    const { op, x: shape, kernel, strides, pad, dilations = 1, groups = 1, outputPadding = 0, out = 0 } = c;
    const seed = 10 * index + 1;
    const run = (x: tf.Tensor, filter?: tf.Tensor, bias?: tf.Tensor) => {
      if (op === 'maxPool2d') return maxPool2d(x as Tensor4D, { size: kernel, strides, pad });
      const options = { strides, pad, groups, bias: bias as Tensor1D };
      return op === 'conv2d'
        ? conv2d(x as Tensor4D, filter as Tensor4D, { ...options, dilations })
        : convTranspose2d(x as Tensor4D, filter as Tensor4D, { ...options, outputPadding });
    };
    const results = tf.tidy(() => {
      const filterShape = op === 'conv2d' ? [shape[3] / groups, out] : [out / groups, shape[3]];
      const weights = [filled(seed + 1, [kernel, kernel, ...filterShape]), filled(seed + 2, [out])];
      const inputs = [filled(seed, shape), ...(op === 'maxPool2d' ? [] : weights)];
      const y = run(...(inputs as [tf.Tensor]));
      return [y, ...tf.grads(run as (...args: tf.Tensor[]) => tf.Tensor)(inputs, filled(seed + 3, y.shape))];
    });
    for (const [i, part] of ['y', 'dx', 'dfilter', 'dbias'].slice(0, results.length).entries()) {
      const expected = fixture[`${index}/${part}`]!;
      const error = maxRelativeError(await results[i]!.data(), expected.data as Float32Array);
      expect(results[i]!.shape).toEqual(expected.shape);
      expect(error, part).toBeLessThan(i === 0 ? tolerance.forward : tolerance.gradient);
    }
    tf.dispose(results);
  });
});
