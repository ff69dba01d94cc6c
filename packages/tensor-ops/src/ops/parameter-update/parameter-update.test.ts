import { describeBackends, maxAbsError } from '@icconv/test-utils';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { activate } from '../../../test/support/activate';
import { adamUpdate, globalNorm, linearCombination, sgdUpdate } from './parameter-update';

const read = (tensors: readonly tf.Tensor[]) => tensors.map((tensor) => [...tensor.dataSync()]);
const close = (actual: number[][], expected: number[][]) => {
  expect(actual.length).toBe(expected.length);
  for (const [i, values] of actual.entries()) expect(maxAbsError(values, expected[i]!)).toBeLessThan(1e-6);
};

describeBackends('parameter updates', activate, () => {
  test('sgd by hand, with decay of its own for each parameter', () => {
    tf.tidy(() => {
      const parameters = [tf.tensor1d([1, 2]), tf.scalar(3)];
      const gradients = [tf.tensor1d([10, 20]), tf.scalar(30)];
      const momenta = [tf.tensor1d([100, 200]), tf.scalar(300)];
      const options = { rates: [0.1, 0.01], weightDecays: [0, 1], gradientScale: 0.5 };
      const bare = sgdUpdate(parameters, gradients, undefined, options);
      // 3 - 0.01 * (15 + 3)
      close(read(bare.parameters), [[0.5, 1], [2.82]]);
      expect(bare.momenta).toEqual([]);
      const heavy = sgdUpdate(parameters, gradients, momenta, { ...options, momentum: 0.5 });
      close(read(heavy.momenta), [[55, 110], [168]]);
      close(read(heavy.parameters), [[-4.5, -9], [1.32]]);
      const nesterov = sgdUpdate(parameters, gradients, momenta, { ...options, momentum: 0.5, nesterov: true });
      close(read(nesterov.parameters), [[1 - 0.1 * (5 + 27.5), 2 - 0.1 * (10 + 55)], [3 - 0.01 * (18 + 84)]]);
      const damped = sgdUpdate(parameters, gradients, momenta, { ...options, momentum: 0.5, dampening: 0.5 });
      close(read(damped.momenta), [[52.5, 105], [159]]);
      // The inputs keep their values.
      close(read([...parameters, ...momenta]), [[1, 2], [3], [100, 200], [300]]);
    });
  });

  test('adam: the first step is the rate in the direction of the gradient', () => {
    tf.tidy(() => {
      const zeros = [tf.zeros([2])];
      const options = { rates: [0.1], weightDecays: [0], step: 1, epsilon: 0 };
      const first = adamUpdate([tf.tensor1d([1, 2])], [tf.tensor1d([3, -4])], zeros, zeros, options);
      close(read(first.parameters), [[0.9, 2.1]]);
      close(read(first.means), [[0.3, -0.4]]);
      close(read(first.squares), [[0.009, 0.016]]);
      const decoupled = { ...options, weightDecays: [0.5], decoupled: true };
      const decayed = adamUpdate([tf.tensor1d([1, 2])], [tf.tensor1d([3, -4])], zeros, zeros, decoupled);
      close(read(decayed.parameters), [[0.85, 2]]);
    });
  });

  test('linear combination and norm, also of what is not finite', () => {
    tf.tidy(() => {
      const x = [tf.tensor1d([1, 2]), tf.tensor2d([[2, 4]])];
      close(read(linearCombination(2, x, -1, x)), [
        [1, 2],
        [2, 4],
      ]);
      expect(globalNorm(x).dataSync()[0]).toBeCloseTo(5, 6);
      expect(globalNorm([...x, tf.scalar(Number.NaN)]).dataSync()[0]).toBeNaN();
      // Squares of such are infinite in float32.
      expect(globalNorm([tf.tensor1d([1.5e38, 0]), tf.tensor1d([-2e38])]).dataSync()[0]! / 1e38).toBeCloseTo(2.5, 5);
      expect(globalNorm([tf.scalar(Number.NEGATIVE_INFINITY)]).dataSync()[0]).toBe(Number.POSITIVE_INFINITY);
    });
  });

  test('empty lists, and refusals that name the tensor', () => {
    expect(linearCombination(1, [], 1, [])).toEqual([]);
    expect(sgdUpdate([], [], [], { rates: [], weightDecays: [] })).toEqual({ parameters: [], momenta: [] });
    tf.tidy(() => {
      const [a, b] = [[tf.zeros([2, 3])], [tf.zeros([3, 2])]];
      const rates = { rates: [1], weightDecays: [0] };
      expect(() => sgdUpdate(a, b, undefined, rates)).toThrow(
        "gradients[0] must have shape [2, 3], its parameter's, received [3, 2]",
      );
      expect(() => sgdUpdate(a, a, [], rates)).toThrow('momenta must be a list of 1 tensors');
      expect(() => sgdUpdate(a, a, undefined, { ...rates, rates: [] })).toThrow('rates must be 1 finite numbers');
      expect(() => sgdUpdate(a, a, undefined, { ...rates, gradientScale: Number.NaN })).toThrow('gradientScale');
      expect(() => adamUpdate(a, a, a, a, { ...rates, step: 0 })).toThrow('step must be a whole number of at least 1');
      expect(() => linearCombination(1, [tf.zeros([1], 'int32')], 1, [tf.zeros([1], 'int32')])).toThrow('float32');
      expect(() => globalNorm([])).toThrow('at least one tensor');
    });
  });
});
