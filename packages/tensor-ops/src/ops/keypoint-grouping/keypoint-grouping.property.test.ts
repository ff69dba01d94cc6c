import { describeBackends } from '@icconv/test-utils';
import { hashed } from '@icconv/test-utils/values';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { activate } from '../../../test/support/activate';
import { groupPortable } from './grouping-portable';
import { type GroupKeypointsOptions, groupKeypoints } from './keypoint-grouping';

const scenes = fc.record({
  seed: fc.nat(1 << 20),
  joints: fc.constantFrom(1, 3, 5, 17),
  tagSize: fc.integer({ min: 1, max: 3 }),
  shared: fc.boolean(),
  height: fc.integer({ min: 1, max: 40 }),
  width: fc.integer({ min: 1, max: 52 }),
  /** Values are rounded to these fractions: few make ties and plateaus. */
  steps: fc.constantFrom(3, 16, 1 << 22),
  tagScale: fc.constantFrom(0.5, 4),
  /** Values are raised to this power: the higher, the fewer peaks. */
  power: fc.constantFrom(1, 8, 64),
});

const choices: fc.Arbitrary<GroupKeypointsOptions> = fc.record(
  {
    nmsKernel: fc.constantFrom(1, 3, 5, 9),
    maxPeople: fc.constantFrom(1, 3, 12),
    detectionThreshold: fc.constantFrom(0, 0.1, 0.5),
    tagThreshold: fc.constantFrom(0, 0.3, 1, Number.POSITIVE_INFINITY),
    useDetectionVal: fc.boolean(),
    ignoreTooMuch: fc.boolean(),
    adjust: fc.boolean(),
    refine: fc.boolean(),
  },
  { requiredKeys: ['maxPeople'] },
);

describeBackends(
  'native groupKeypoints',
  activate,
  () => {
    test('equals the portable one bit for bit', () => {
      let people = 0;
      fc.assert(
        fc.property(scenes, choices, (scene, options) => {
          const { joints, tagSize, height, width, steps, power } = scene;
          const tagMaps = scene.shared ? 1 : joints;
          const even = (v: number) => Math.round(v * steps) / steps;
          const signed = (v: number) => even(Math.sign(v + 0.75) * Math.abs(v) ** power);
          const heatmaps = hashed(scene.seed, joints * height * width).map(signed);
          const tags = hashed(scene.seed + 1, tagSize * tagMaps * height * width).map((v) => even(v) * scene.tagScale);
          const order = Array.from({ length: joints }, (_, joint) => joint).reverse();
          const inputs = [
            tf.tensor3d(heatmaps, [joints, height, width]),
            tf.tensor4d(tags, [tagSize, tagMaps, height, width]),
          ] as const;
          const groups = groupKeypoints(...inputs, { ...options, jointOrder: order });
          tf.dispose([...inputs]);
          const expected = groupPortable(
            { heatmaps, tags, joints, tagSize, tagMaps, height, width },
            {
              ...{
                nmsKernel: 5,
                detectionThreshold: 0.1,
                tagThreshold: 1,
                useDetectionVal: true,
                ignoreTooMuch: false,
              },
              ...{ adjust: true, refine: true, maxPeople: 30, jointOrder: order },
              ...options,
            },
          );
          people += groups.people;
          expect(groups.scores).toEqual(expected.scores);
          const pose = (i: number) => [
            ...groups.keypoints.subarray(3 * i, 3 * i + 3),
            ...groups.tags.subarray(tagSize * i, tagSize * (i + 1)),
          ];
          const poses = Array.from({ length: groups.people * joints }, (_, i) => pose(i)).flat();
          expect(poses).toEqual(Array.from(expected.poses));
        }),
        { numRuns: 150 },
      );
      expect(people).toBeGreaterThan(500);
    });
  },
  ['native'],
);
