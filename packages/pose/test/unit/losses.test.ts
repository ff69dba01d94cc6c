import { describeBackends, maxRelativeError } from '@icconv/test-utils';
import type { Scalar, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { batchTargets, poseLosses } from '../../src';
import { activate } from '../support/activate';

const factors = { sigma: 2, centre: 'pixel', heatmap: 1, push: 1, pull: 1 } as const;
const options = { keypoints: 2, tagPerKeypoint: true, height: 32, width: 32, strides: [4], maxPeople: 30, ...factors };
/** Two people in the first picture, nobody in the second. */
const truths = [
  {
    people: [
      [5, 5, 2, 20, 6, 1],
      [10, 25, 2, 0, 0, 0],
    ],
  },
  { people: [] },
];

function losses(
  maps: Tensor4D,
  more: Partial<typeof options & { tagUnit: number }> = {},
  of: Parameters<typeof batchTargets>[0] = truths,
) {
  const targets = batchTargets(of, { ...options, ...more });
  const { heatmap, push, pull } = poseLosses([maps], targets, 2, factors);
  const values = [heatmap, push, pull].map((loss) => loss.dataSync()[0]!);
  tf.dispose([heatmap, push, pull]);
  targets.dispose();
  return values as [number, number, number];
}

describeBackends('poseLosses', activate, (backend) => {
  test('by hand: tags at the three labelled keypoints', () => {
    const buffer = tf.buffer([2, 8, 8, 4]);
    buffer.set(1, 0, 1, 1, 2);
    buffer.set(3, 0, 1, 5, 3);
    buffer.set(2.5, 0, 6, 2, 2);
    const maps = buffer.toTensor() as Tensor4D;
    const [, push, pull] = losses(maps);
    // The first person's tags 1 and 3 have mean 2 and squared distance 1; the second has one tag. Two people, two pictures.
    expect(pull).toBeCloseTo((1 + 0) / 2 / 2, 6);
    // Means 2 and 2.5: both pairs, half of their mean.
    expect(push).toBeCloseTo((0.5 * Math.exp(-0.25)) / 2, 6);
    maps.dispose();
  });

  test('by hand: tags that are places', () => {
    // Pixels 1 1 and 5 1 of the first person, 2 6 of the second, of 4 pixels each; in units of 8, their middles lie at 0.75 0.75, 2.75 0.75
    // and 1.25 3.25. Tags are x and y of the first keypoint, then of the second.
    const buffer = tf.buffer([2, 8, 8, 6]);
    buffer.set(1.25, 0, 1, 1, 2);
    buffer.set(0.25, 0, 1, 1, 3);
    buffer.set(-0.75, 0, 1, 5, 4);
    buffer.set(0.75, 0, 1, 5, 5);
    buffer.set(-0.25, 0, 6, 2, 3);
    const maps = buffer.toTensor() as Tensor4D;
    const [, push, pull] = losses(maps, { tagUnit: 8 });
    // Tags 2 1 and 2 1.5 have mean 2 1.25 and squared distances 1/16; the second person's is 1.25 3.
    expect(pull).toBeCloseTo(1 / 16 / 2 / 2, 6);
    expect(push).toBeCloseTo((0.5 * Math.exp(-(0.75 ** 2 + 1.75 ** 2))) / 2, 6);
    maps.dispose();
  });

  test('nobody to find: finite, and only the heatmaps count', () => {
    const maps = tf.ones([1, 8, 8, 4]) as Tensor4D;
    expect(losses(maps, {}, [{ people: [] }])).toEqual([1, 0, 0]);
    maps.dispose();
  });

  test('what is ignored costs nothing', () => {
    const maps = tf.ones([1, 8, 8, 4]) as Tensor4D;
    const data = new Uint8Array(32 * 32);
    data.fill(1, 0, 16 * 32);
    expect(losses(maps, {}, [{ people: [], ignore: { data, height: 32, width: 32 } }])[0]).toBe(0.5);
    maps.dispose();
  });

  test.runIf(backend === 'native')('gradients are those of finite differences', () => {
    const size = 8 * 8 * 4 * 2;
    const values = Float32Array.from({ length: size }, (_, i) => Math.sin(i * 1.7) * 0.8);
    const maps = tf.tensor4d(values, [2, 8, 8, 4]);
    const targets = batchTargets(truths, options);
    const total = (x: Tensor4D) => {
      const { heatmap, push, pull } = poseLosses([x], targets, 2, factors);
      return tf.addN([heatmap, push, pull]) as Scalar;
    };
    const gradient = tf.grad((x) => total(x as Tensor4D))(maps);
    const analytic = gradient.dataSync() as Float32Array;
    // Everywhere where a tag is read, and a few pixels of heatmaps.
    const places = [...analytic.keys()].filter((i) => (i % 4 >= 2 ? analytic[i] !== 0 : i % 37 === 0));
    expect(places.filter((i) => i % 4 >= 2)).toHaveLength(3);
    const step = 1e-2;
    const at = (i: number, by: number) =>
      tf.tidy(() => {
        const moved = values.slice();
        moved[i]! += by;
        return total(tf.tensor4d(moved, [2, 8, 8, 4])).dataSync()[0]!;
      });
    const numeric = places.map((i) => (at(i, step) - at(i, -step)) / (2 * step));
    expect(
      maxRelativeError(
        places.map((i) => analytic[i]!),
        numeric,
      ),
    ).toBeLessThan(2e-3);
    targets.dispose();
    tf.dispose([maps, gradient]);
  });
});
