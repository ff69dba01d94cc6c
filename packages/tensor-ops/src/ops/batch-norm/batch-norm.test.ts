import { describeBackends, maxRelativeError } from '@icconv/test-utils';
import { hashed } from '@icconv/test-utils/values';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { activate } from '../../../test/support/activate';
import { batchNorm, relu } from '.';

/** Of the differences: short beside the deviation of two pixels that are nearly alike, and the reference has the digits for it. */
const STEP = 1e-4;

/** In double precision, from the definition. */
function reference(
  x: Float32Array,
  channels: number,
  weight: Float32Array,
  bias: Float32Array,
  residual: Float32Array | undefined,
  rectify: boolean,
) {
  const pixels = x.length / channels;
  const y = new Float64Array(x.length);
  for (let c = 0; c < channels; c++) {
    let mean = 0;
    let variance = 0;
    for (let p = 0; p < pixels; p++) mean += x[p * channels + c]! / pixels;
    for (let p = 0; p < pixels; p++) variance += (x[p * channels + c]! - mean) ** 2 / pixels;
    for (let p = 0; p < pixels; p++) {
      const i = p * channels + c;
      const value = ((x[i]! - mean) / Math.sqrt(variance + 1e-5)) * weight[c]! + bias[c]! + (residual?.[i] ?? 0);
      y[i] = rectify ? Math.max(0, value) : value;
    }
  }
  return y;
}

const cases = fc.record({
  shape: fc.tuple(
    fc.integer({ min: 1, max: 3 }),
    fc.integer({ min: 1, max: 5 }),
    fc.integer({ min: 2, max: 5 }),
    fc.integer({ min: 1, max: 7 }),
  ),
  seed: fc.nat(1000),
  residual: fc.boolean(),
  relu: fc.boolean(),
});

describeBackends('batchNorm', activate, () => {
  test('is its definition, and its gradients are finite differences', () => {
    fc.assert(
      fc.property(cases, ({ shape, seed, residual: summed, relu: rectify }) => {
        const channels = shape[3];
        const size = shape.reduce((a, b) => a * b);
        const values = {
          x: hashed(seed, size),
          weight: hashed(seed + 1, channels),
          bias: hashed(seed + 2, channels),
          residual: hashed(seed + 3, size),
        };
        const dy = hashed(seed + 4, size);
        const residual = summed ? values.residual : undefined;
        const expected = reference(values.x, channels, values.weight, values.bias, residual, rectify);
        // Near the kink of ReLU finite differences mean nothing.
        const linear = reference(values.x, channels, values.weight, values.bias, residual, false);
        fc.pre(!rectify || linear.every((v) => Math.abs(v) > 0.02));
        const tensors = [
          tf.tensor(values.x, shape),
          tf.tensor1d(values.weight),
          tf.tensor1d(values.bias),
          ...(summed ? [tf.tensor(values.residual, shape)] : []),
        ];
        const run = (...args: tf.Tensor[]) => {
          const [x, weight, bias, r] = args as [tf.Tensor, tf.Tensor1D, tf.Tensor1D, tf.Tensor | undefined];
          return batchNorm(x, weight, bias, { relu: rectify, ...(r !== undefined && { residual: r }) }).y;
        };
        // With dy given: other operators' gradients are not registered on every backend.
        const dyTensor = tf.tensor(dy, shape);
        const { value, grads } = tf.valueAndGrads((...args) => run(...args))(tensors, dyTensor);
        const y = tf.tidy(() => run(...tensors).dataSync());
        expect(maxRelativeError(y as Float32Array, expected)).toBeLessThan(2e-5);
        const loss = (changed: typeof values) =>
          reference(
            changed.x,
            channels,
            changed.weight,
            changed.bias,
            summed ? changed.residual : undefined,
            rectify,
          ).reduce((sum, v, i) => sum + v * dy[i]!, 0);
        for (const [k, name] of (['x', 'weight', 'bias', 'residual'] as const).slice(0, tensors.length).entries()) {
          const got = grads[k]!.dataSync();
          const scale = Math.max(1, ...got.map(Math.abs));
          for (let i = 0; i < values[name].length; i += 3) {
            const at = (sign: number) => {
              const moved = values[name].slice();
              moved[i]! += sign * STEP;
              return { loss: loss({ ...values, [name]: moved }), value: moved[i]! };
            };
            const [up, down] = [at(1), at(-1)];
            const difference = (up.loss - down.loss) / (up.value - down.value);
            expect(Math.abs(got[i]! - difference) / scale).toBeLessThan(2e-3);
          }
        }
        tf.dispose([value, grads, tensors, dyTensor]);
      }),
      { numRuns: 25 },
    );
  });

  test('gives the statistics of the batch', () => {
    const x = tf.tensor2d([1, 10, 3, 30, 5, 50], [3, 2]);
    const [weight, bias] = [tf.ones<tf.Rank.R1>([2]), tf.zeros<tf.Rank.R1>([2])];
    const { y, mean, variance } = batchNorm(x, weight as tf.Tensor1D, bias as tf.Tensor1D);
    expect([...mean.dataSync()]).toEqual([3, 30]);
    expect(maxRelativeError(variance.dataSync() as Float32Array, Float32Array.of(8 / 3, 800 / 3))).toBeLessThan(1e-6);
    tf.dispose([x, weight, bias, y, mean, variance]);
  });

  test('relu and its gradient', () => {
    const [x, dy] = [tf.tensor1d([-1, 0, 2]), tf.tensor1d([5, 5, 5])];
    const { value, grad } = tf.valueAndGrad((v: tf.Tensor) => relu(v))(x, dy);
    expect([...value.dataSync()]).toEqual([0, 0, 2]);
    expect([...grad.dataSync()]).toEqual([0, 0, 5]);
    tf.dispose([x, dy, value, grad]);
  });

  test('what does not fit is named', () => {
    const x = tf.zeros([1, 2, 2, 3]);
    const [three, two] = [tf.zeros<tf.Rank.R1>([3]) as tf.Tensor1D, tf.zeros<tf.Rank.R1>([2]) as tf.Tensor1D];
    expect(() => batchNorm(x, two, three)).toThrow(/weight/);
    expect(() => batchNorm(x, three, two)).toThrow(/bias/);
    expect(() => batchNorm(x, three, three, { residual: three })).toThrow(/residual/);
    expect(() => batchNorm(x, three, three, { epsilon: 0 })).toThrow(/epsilon/);
    const single = tf.zeros([1, 3]);
    expect(() => batchNorm(single, three, three)).toThrow(/two values/);
    tf.dispose([x, three, two, single]);
  });
});
