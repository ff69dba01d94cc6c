import { describeBackends, maxAbsError } from '@icconv/test-utils';
import { hashed } from '@icconv/test-utils/values';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { activate } from '../../../test/support/activate';
import { type AggregateKeypointMapsOptions, aggregateKeypointMaps } from './keypoint-maps';
import { aggregatePortable } from './register-keypoint-maps';

const side = fc.integer({ min: 1, max: 40 });
const problems = fc.record({
  seed: fc.nat(1 << 20),
  keypoints: fc.integer({ min: 1, max: 4 }),
  size: fc.tuple(side, side),
  oneTag: fc.boolean(),
  maps: fc.array(fc.record({ flipped: fc.boolean(), size: fc.tuple(side, side), same: fc.boolean() }), {
    minLength: 1,
    maxLength: 3,
  }),
  tagsFrom: fc.nat(2),
});

describeBackends(
  'native aggregateKeypointMaps',
  activate,
  () => {
    test('equals the composition of ordinary operators', () => {
      fc.assert(
        fc.property(problems, ({ seed, keypoints, size, oneTag, maps, tagsFrom: wanted }) => {
          const tagsFrom = wanted % maps.length;
          const flipIndex = Array.from({ length: keypoints }, (_, k) => (k + 1) % keypoints);
          tf.tidy(() => {
            const inputs = maps.map((map, i) => {
              const channels = keypoints + (i === tagsFrom ? (oneTag ? 1 : keypoints) : 0);
              const shape = [map.flipped ? 2 : 1, ...(map.same ? size : map.size), channels];
              const length = shape.reduce((a, b) => a * b);
              return tf.tensor4d(hashed(seed + i, length), shape as [number, number, number, number]);
            });
            const result = aggregateKeypointMaps(inputs, { keypoints, size, flipIndex, tagsFrom });
            const expected = aggregatePortable(inputs, { keypoints, size, flipIndex, tagsFrom });
            for (const [i, actual] of [result.heatmaps, result.tags].entries()) {
              expect(actual.shape).toEqual(expected[i]!.shape);
              expect(maxAbsError(actual.dataSync(), expected[i]!.dataSync())).toBeLessThan(2e-5);
            }
          });
        }),
        { numRuns: 80 },
      );
    });
  },
  ['native'],
);

describeBackends('aggregateKeypointMaps', activate, () => {
  test('mirrors back, lets left and right change places, and takes the mean', async () => {
    // Two keypoints, left and right, and a tag for each, on one row of two pixels.
    const maps = tf.tensor4d([1, 2, 10, 20, 3, 4, 30, 40, 5, 6, 50, 60, 7, 8, 70, 80], [2, 1, 2, 4]);
    const { heatmaps, tags } = aggregateKeypointMaps([maps], { keypoints: 2, size: [1, 2], flipIndex: [1, 0] });
    expect(await heatmaps.array()).toEqual([[[(1 + 8) / 2, (3 + 6) / 2]], [[(2 + 7) / 2, (4 + 5) / 2]]]);
    expect(await tags.array()).toEqual([
      [[[10, 30]], [[20, 40]]],
      [[[80, 60]], [[70, 50]]],
    ]);
    tf.dispose([maps, heatmaps, tags]);
  });

  test('refuses what does not fit', () => {
    const map = tf.zeros<tf.Rank.R4>([2, 3, 4, 4]);
    const bare = tf.zeros<tf.Rank.R4>([1, 3, 4, 2]);
    const options = { keypoints: 2, size: [3, 4], flipIndex: [1, 0] } as const;
    const refuse = (message: string, maps: tf.Tensor4D[], change: Partial<AggregateKeypointMapsOptions> = {}) => {
      expect(() => aggregateKeypointMaps(maps, { ...options, ...change })).toThrow(`aggregateKeypointMaps: ${message}`);
    };
    refuse('maps must be at least one tensor, received []', []);
    refuse('maps[0] must have shape [1 or 2, h, w, 3 or 4] for 2 keypoints with tags, received [1, 3, 4, 2]', [
      bare,
      map,
    ]);
    const tooMany = { keypoints: 5, flipIndex: [0, 1, 2, 3, 4] };
    refuse('maps[0] must have shape [1 or 2, h, w, 6 or 10]', [map], tooMany);
    refuse('keypoints must be a whole number of at least 1, received 0', [map], { keypoints: 0 });
    refuse('size must be two whole numbers of at least 1, height and width', [map], { size: [0, 4] });
    refuse('tagsFrom must be the index of one of 1 maps, received 1', [map], { tagsFrom: 1 });
    refuse('flipIndex must be a permutation of 0 to 1, received [1, 1]', [map], { flipIndex: [1, 1] });
    const { flipIndex: _, ...without } = options;
    expect(() => aggregateKeypointMaps([map], without)).toThrow('flipIndex must be a permutation of 0 to 1');
    tf.dispose([map, bare]);
  });
});
