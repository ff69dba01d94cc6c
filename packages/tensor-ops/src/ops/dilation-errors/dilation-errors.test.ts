import { describeBackends, maxAbsError } from '@icconv/test-utils';
import { hashed } from '@icconv/test-utils/values';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { activate } from '../../../test/support/activate';
import { conv2d } from '../conv2d';
import { type DilationErrorsOptions, dilationErrors } from './dilation-errors';

const small = (max: number) => fc.integer({ min: 1, max });
const problems = fc.record({
  batch: small(2),
  size: fc.tuple(small(9), small(9)),
  groups: fc.constantFrom(1, 1, 2, 3),
  inputs: small(4),
  outputs: fc.oneof(small(4), fc.integer({ min: 15, max: 34 })),
  strides: fc.tuple(small(2), small(2)),
  maxDilation: small(3),
  radius: fc.constantFrom(1, 1, 2),
});

describeBackends(
  'dilationErrors',
  activate,
  () => {
    test('is the convolution, and the mean of |y - y(d)| with the other taps set to zero', () => {
      fc.assert(
        fc.property(problems, ({ batch, size, groups, inputs, outputs, strides, maxDilation, radius }) => {
          tf.tidy(() => {
            const reach = radius * maxDilation;
            const side = 2 * reach + 1;
            const filterShape = [side, side, inputs, groups * outputs] as [number, number, number, number];
            const xShape = [batch, ...size, groups * inputs] as [number, number, number, number];
            const random = (seed: number, shape: typeof xShape) =>
              tf.tensor4d(
                hashed(
                  seed,
                  shape.reduce((a, b) => a * b),
                ),
                shape,
              );
            const x = random(1, xShape);
            const filter = random(2, filterShape);
            const result = dilationErrors(x, filter, { maxDilation, strides, groups });
            const y = conv2d(x, filter, { strides, groups, pad: reach });
            const scale = 1e-5 * Math.sqrt(side * side * inputs);
            const same = (actual: tf.Tensor, expected: tf.Tensor) => {
              expect(actual.shape).toEqual(expected.shape);
              expect(maxAbsError(actual.dataSync(), expected.dataSync())).toBeLessThan(scale);
            };
            same(result.y, y);
            same(result.whole, tf.mean(tf.abs(y), [0, 1, 2]));
            const errors: tf.Tensor[] = [];
            for (let dh = 1; dh <= maxDilation; dh++) {
              for (let dw = 1; dw <= maxDilation; dw++) {
                const axis = (d: number) =>
                  Array.from({ length: side }, (_, i) => {
                    const distance = Math.abs(i - reach);
                    return distance % d === 0 && distance <= radius * d ? 1 : 0;
                  });
                const kept = tf.mul(tf.tensor(axis(dh), [side, 1, 1, 1]), tf.tensor(axis(dw), [1, side, 1, 1]));
                const own = conv2d(x, tf.mul(filter, kept), { strides, groups, pad: reach });
                errors.push(tf.mean(tf.abs(tf.sub(y, own)), [0, 1, 2]));
              }
            }
            same(result.errors, tf.stack(errors));
          });
        }),
        { numRuns: 60 },
      );
    });

    test('leaves nothing behind but its results', () => {
      const x = tf.ones<tf.Rank.R4>([1, 5, 5, 2]);
      const filter = tf.ones<tf.Rank.R4>([5, 5, 2, 3]);
      const before = tf.memory().numTensors;
      const { y, errors, whole } = dilationErrors(x, filter, { maxDilation: 2 });
      expect(tf.memory().numTensors).toBe(before + 3);
      tf.dispose([x, filter, y, errors, whole]);
    });

    test('refuses what does not fit', () => {
      const x = tf.zeros<tf.Rank.R4>([1, 5, 5, 2]);
      const filter = tf.zeros<tf.Rank.R4>([5, 5, 2, 3]);
      const refuse = (message: string, change: Partial<DilationErrorsOptions>, of = filter) => {
        expect(() => dilationErrors(x, of, { maxDilation: 2, ...change })).toThrow(`dilationErrors: ${message}`);
      };
      refuse('maxDilation must be a whole number of at least 1, received 0', { maxDilation: 0 });
      refuse('filter must have shape [K, K, C/G, O] with K = 2*r*3 + 1 for dilations up to 3', { maxDilation: 3 });
      refuse('groups must be a divisor of 2 input and 3 output channels, received 2', { groups: 2 });
      refuse('strides must be', { strides: 0 });
      const even = tf.zeros<tf.Rank.R4>([4, 4, 2, 3]);
      refuse('filter must have shape [K, K, C/G, O] with one odd kernel size K', {}, even);
      const none = tf.zeros<tf.Rank.R4>([0, 5, 5, 2]);
      expect(() => dilationErrors(none, filter, { maxDilation: 2 })).toThrow('x must have shape [N, H, W, C]');
      tf.dispose([x, filter, even, none]);
    });
  },
  ['native', 'js'],
);
