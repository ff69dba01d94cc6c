import { describeBackends } from '@icconv/test-utils';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { activate } from '../../../test/support/activate';
import { type MaxPool2dOptions, maxPool2d } from './max-pool2d';

/** Output and gradient by definition; the first of equal pixels in row order gets the gradient. */
function naive(x: number[], shape: readonly number[], size: number[], strides: number[], pad: number[], dy: number[]) {
  const [batch, height, width, channels] = shape as [number, number, number, number];
  const out = [0, 1].map((a) => Math.floor((shape[a + 1]! + 2 * pad[a]! - size[a]!) / strides[a]!) + 1);
  const y: number[] = [];
  const dx = x.map(() => 0);
  for (let n = 0; n < batch; n++)
    for (let oh = 0; oh < out[0]!; oh++)
      for (let ow = 0; ow < out[1]!; ow++)
        for (let c = 0; c < channels; c++) {
          let best = -1;
          for (let u = 0; u < size[0]!; u++)
            for (let v = 0; v < size[1]!; v++) {
              const h = oh * strides[0]! - pad[0]! + u;
              const w = ow * strides[1]! - pad[1]! + v;
              if (h < 0 || h >= height || w < 0 || w >= width) continue;
              const at = ((n * height + h) * width + w) * channels + c;
              if (best < 0 || x[at]! > x[best]!) best = at;
            }
          dx[best]! += dy[y.length]!;
          y.push(x[best]!);
        }
  return { shape: [batch, ...out, channels], y, dx };
}

const pair = (min: number, max: number) => fc.tuple(fc.integer({ min, max }), fc.integer({ min, max }));
const pools = fc.record({
  batch: fc.integer({ min: 1, max: 2 }),
  map: pair(1, 8),
  channels: fc.integer({ min: 1, max: 3 }),
  size: pair(1, 4),
  strides: pair(1, 3),
  pad: pair(0, 2),
  // Few values, so that windows hold equal ones; negative too, which zeros of the border must not beat.
  values: fc.infiniteStream(fc.integer({ min: -9, max: -1 })),
});

describeBackends('maxPool2d', activate, (backend) => {
  test('the border takes no gradient, also beside minus infinity', () => {
    const dx = tf.tidy(() => {
      const x = tf.fill([1, 2, 2, 1], Number.NEGATIVE_INFINITY) as tf.Tensor4D;
      return [
        ...tf
          .grad((t: tf.Tensor) => maxPool2d(t as tf.Tensor4D, { size: 2, strides: 1, pad: 1 }))(x)
          .dataSync(),
      ];
    }) as unknown as number[];
    // Of nine windows.
    expect(dx).toEqual([4, 2, 2, 1]);
  });

  test('a NaN wins, infinities are numbers, and gradients follow them', () => {
    const [y, dx] = tf.tidy(() => {
      const values = [
        Number.NaN,
        1,
        1,
        Number.NaN,
        Number.NEGATIVE_INFINITY,
        Number.NEGATIVE_INFINITY,
        Number.POSITIVE_INFINITY,
        1,
      ];
      const x = tf.tensor4d(values, [1, 1, 8, 1]);
      const { value, grad } = tf.valueAndGrad((t: tf.Tensor) => maxPool2d(t as tf.Tensor4D, { size: [1, 2] }))(x);
      return [[...value.dataSync()], [...grad.dataSync()]];
    }) as unknown as [number[], number[]];
    expect(y).toEqual([Number.NaN, Number.NaN, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]);
    expect(dx).toEqual([1, 0, 0, 1, 1, 0, 1, 0]);
  });

  test('equals its definition, with its gradient', async () => {
    await fc.assert(
      fc.asyncProperty(pools, async ({ batch, map, channels, size, strides, pad: wanted, values }) => {
        const pad = wanted.map((p, axis) => Math.min(p, Math.floor(size[axis]! / 2))) as [number, number];
        const shape: [number, number, number, number] = [batch, ...map, channels];
        fc.pre(map.every((length, axis) => length + 2 * pad[axis]! >= size[axis]!));
        const x = Array.from({ length: batch * map[0] * map[1] * channels }, () => values.next().value as number);
        const out = map.map((length, axis) => Math.floor((length + 2 * pad[axis]! - size[axis]!) / strides[axis]!) + 1);
        const dy = Array.from({ length: batch * out[0]! * out[1]! * channels }, (_, i) => i + 1);
        const expected = naive(x, shape, size, strides, pad, dy);
        const pool = (x: tf.Tensor) => maxPool2d(x as tf.Tensor4D, { size, strides, pad });
        const [y, dx] = tf.tidy(() => {
          const input = tf.tensor4d(x, shape);
          const y = pool(input);
          return [y, tf.grad(pool)(input, tf.tensor(dy, y.shape))];
        }) as [tf.Tensor, tf.Tensor];
        expect(y.shape).toEqual(expected.shape);
        expect([...(await y.data())]).toEqual(expected.y);
        expect([...(await dx.data())]).toEqual(expected.dx);
        tf.dispose([y, dx]);
      }),
      { numRuns: backend === 'js' ? 25 : 50 },
    );
  });

  test('takes an empty batch', () => {
    const [y, dx] = tf.tidy(() => {
      const x = tf.zeros<tf.Rank.R4>([0, 6, 6, 2]);
      const pool = (x: tf.Tensor) => maxPool2d(x as tf.Tensor4D, { size: 3, strides: 2, pad: 1 });
      return [pool(x), tf.grad(pool)(x)];
    }) as [tf.Tensor, tf.Tensor];
    expect(y.shape).toEqual([0, 3, 3, 2]);
    expect(dx.shape).toEqual([0, 6, 6, 2]);
    tf.dispose([y, dx]);
  });
});

describe('maxPool2d refuses', () => {
  test.each([
    [{ size: 0 }, 'size must be a positive whole number'],
    [{ size: 3, pad: 2 }, 'pad must be at most half the window of 3x3, received 2'],
    [{ size: 3, strides: Number.NaN }, 'strides must be a positive whole number'],
    [{ size: [9, 2] }, 'x must have shape a padded map of at least the window of 9x2, received [1, 5, 5, 2]'],
  ])('%j', async (options, message) => {
    await activate('js');
    const run = () => tf.tidy(() => maxPool2d(tf.zeros([1, 5, 5, 2]), options as MaxPool2dOptions));
    expect(run).toThrowError(`maxPool2d: ${message}`);
  });
});
