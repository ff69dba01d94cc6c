import { describeBackends, maxRelativeError } from '@icconv/test-utils';
import { hashed } from '@icconv/test-utils/values';
import type { Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { activate } from '../../../test/support/activate';
import { type RoiAlignOptions, roiAlign } from './roi-align';

const size = (max: number) => fc.integer({ min: 1, max });
const coordinate = fc.double({ min: -6, max: 14, noNaN: true });
const problems = fc.record({
  shape: fc.tuple(size(3), size(8), size(8), size(5)),
  rois: fc.array(fc.tuple(fc.nat(), coordinate, coordinate, coordinate, coordinate), { minLength: 1, maxLength: 4 }),
  options: fc.record({
    outputSize: fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 })),
    spatialScale: fc.constantFrom(1, 0.5, 0.37),
    samplingRatio: fc.integer({ min: 0, max: 3 }),
    aligned: fc.boolean(),
  }),
  seed: fc.nat({ max: 1000 }),
});
type Problem = typeof problems extends fc.Arbitrary<infer T> ? T : never;

const product = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1);

function tensorsOf({ shape, rois, seed }: Problem): { x: Tensor4D; rois: Tensor2D } {
  return {
    x: tf.tensor4d(hashed(seed, product(shape)), shape),
    rois: tf.tensor2d(rois.map(([image, ...box]) => [image % shape[0]!, ...box])),
  };
}

describeBackends('roiAlign properties', activate, (backend) => {
  const numRuns = backend === 'native' ? 60 : 25;

  test('is linear in the features', () => {
    fc.assert(
      fc.property(problems, (problem) => {
        const error = tf.tidy(() => {
          const { x, rois } = tensorsOf(problem);
          const z = tf.tensor(hashed(problem.seed + 1, x.size), x.shape) as Tensor4D;
          const pool = (map: tf.Tensor) => roiAlign(map as Tensor4D, rois, problem.options);
          const whole = pool(tf.add(tf.mul(x, 3), z));
          const parts = tf.add(tf.mul(pool(x), 3), pool(z));
          return tf.max(tf.abs(tf.sub(whole, parts))).dataSync()[0]!;
        });
        expect(error).toBeLessThan(1e-5);
      }),
      { numRuns },
    );
  });

  test('averages: the result lies within the range of the map and 0', () => {
    fc.assert(
      fc.property(problems, (problem) => {
        const [least, most] = tf.tidy(() => {
          const { x, rois } = tensorsOf(problem);
          const y = roiAlign(tf.add(tf.abs(x), 1) as Tensor4D, rois, problem.options);
          return [tf.min(y).dataSync()[0]!, tf.max(y).dataSync()[0]!];
        });
        expect(least).toBeGreaterThanOrEqual(0);
        expect(most).toBeLessThan(2 + 1e-5);
      }),
      { numRuns },
    );
  });

  test('the gradient matches finite differences', () => {
    fc.assert(
      fc.property(problems, (problem) => {
        const { numeric, exact } = tf.tidy(() => {
          const { x, rois } = tensorsOf(problem);
          const pool = (map: tf.Tensor) => roiAlign(map as Tensor4D, rois, problem.options);
          const y = pool(x);
          const dy = tf.tensor(hashed(problem.seed + 2, y.size), y.shape);
          // The operator is linear, so a whole unit is a valid step, and all differences fit in few calls.
          const numeric = Float32Array.from({ length: Math.min(x.size, 12) }, (_, i) => {
            const unit = tf.buffer(x.shape);
            unit.values[(i * 7) % x.size] = 1;
            return tf.sum(tf.mul(tf.sub(pool(tf.add(x, unit.toTensor())), y), dy)).dataSync()[0]!;
          });
          const grad = tf.grad(pool)(x, dy).dataSync();
          return { numeric, exact: numeric.map((_, i) => grad[(i * 7) % x.size]!) };
        });
        // Differences of numbers of size 1 in float32.
        const error = exact.reduce((worst, value, i) => Math.max(worst, Math.abs(value - numeric[i]!)), 0);
        expect(error).toBeLessThan(2e-5);
      }),
      { numRuns },
    );
  });

  test('images of a batch do not mix', () => {
    const options: RoiAlignOptions = { outputSize: 3, samplingRatio: 2 };
    const error = tf.tidy(() => {
      const x = tf.tensor4d(hashed(3, 3 * 5 * 6 * 4), [3, 5, 6, 4]);
      const boxes = [0, 1, 2].map((image) => [image, 0.5 + image, 1, 4, 4.5]);
      const together = roiAlign(x, tf.tensor2d(boxes), options);
      const apart = boxes.map(([image, ...box]) =>
        roiAlign(tf.slice4d(x, [image!, 0, 0, 0], [1, -1, -1, -1]), tf.tensor2d([[0, ...box]]), options),
      );
      return maxRelativeError(together.dataSync(), tf.concat4d(apart, 0).dataSync());
    });
    expect(error).toBe(0);
  });
});
