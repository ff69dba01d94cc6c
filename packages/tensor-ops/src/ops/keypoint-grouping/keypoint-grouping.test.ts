import { describeBackends } from '@icconv/test-utils';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { activate } from '../../../test/support/activate';
import { VisionError } from '../../errors';
import {
  type GroupKeypointsOptions,
  groupKeypoints,
  groupKeypointsAsync,
  type KeypointGroups,
} from './keypoint-grouping';

/** Maps of one row: heatmaps [K][W], tags [T][K or 1][W]. */
function group(heatmaps: number[][], tags: number[][][], options?: GroupKeypointsOptions): KeypointGroups {
  const inputs = [
    tf.tensor3d(heatmaps.map((row) => [row])),
    tf.tensor4d(tags.map((maps) => maps.map((row) => [row]))),
  ] as const;
  try {
    return groupKeypoints(...inputs, options);
  } finally {
    tf.dispose([...inputs]);
  }
}

const rounded = (values: Float32Array) => Array.from(values, (v) => Math.round(v * 1e4) / 1e4);

function messageOf(body: () => unknown): string {
  try {
    body();
  } catch (error) {
    expect(VisionError.isInstance(error)).toBe(true);
    return (error as Error).message;
  }
  throw new Error('nothing was thrown');
}

const HEAT = [
  [0, 0.9, 0, 0, 0, 0, 0.8],
  [0, 0, 0.7, 0, 0, 0, 0],
];
const TAGS = [
  [
    [0, 5, 5, 5, 5, 9, 9],
    [5, 5, 5, 5, 5, 9, 9],
  ],
];

describeBackends('groupKeypoints', activate, () => {
  test('joins a peak to the person of its tag; a joint that is nowhere stays missing', () => {
    const groups = group(HEAT, TAGS);
    expect(groups.people).toBe(2);
    // A row of one pixel has no larger neighbour below, which counts as above.
    expect(rounded(groups.keypoints)).toEqual([1.25, 0.25, 0.9, 2.25, 0.25, 0.7, 6.75, 0.25, 0.8, 0, 0, 0]);
    expect(rounded(groups.tags)).toEqual([5, 5, 9, 0]);
    expect(rounded(groups.scores)).toEqual([0.8, 0.4]);
  });

  test('refinement takes what is below the threshold; without it and adjustment come whole pixels', () => {
    const heat = [HEAT[0]!, [0, 0, 0.7, 0, 0, 0.03, 0.05]];
    expect(rounded(group(heat, TAGS).keypoints).slice(9)).toEqual([6.75, 0.25, 0.05]);
    const plain = group(heat, TAGS, { refine: false, adjust: false });
    expect(rounded(plain.keypoints)).toEqual([1, 0, 0.9, 2, 0, 0.7, 6, 0, 0.8, 0, 0, 0]);
  });

  test('peaks of the same first tag are one person, whatever their second', () => {
    const tags = [[[0, 5, 5, 5, 5, 5, 5]], [[0, 1, 1, 1, 1, 9, 9]]];
    const groups = group([HEAT[0]!], tags);
    expect(groups.people).toBe(1);
    expect(rounded(groups.keypoints)).toEqual([6.75, 0.25, 0.8]);
    expect(rounded(groups.tags)).toEqual([5, 9]);
    expect(group([[1, 0, 0, 0, 0, 0, 1]], [[[-0, 1, 1, 1, 1, 1, 0]]]).people).toBe(1);
  });

  test('there are more people than peaks a joint may have, unless that is too much', () => {
    const heat = [
      [0.9, 0, 0, 0.8],
      [0.7, 0, 0, 0.6],
    ];
    const tags = [
      [
        [0, 1, 2, 3],
        [10, 1, 2, 13],
      ],
    ];
    const count = (options: GroupKeypointsOptions) => group(heat, tags, { nmsKernel: 3, ...options }).people;
    expect(count({ maxPeople: 2 })).toBe(4);
    expect(count({ maxPeople: 1 })).toBe(2);
    expect(count({ maxPeople: 2, ignoreTooMuch: true })).toBe(2);
    expect(count({ maxPeople: 2, tagThreshold: 20 })).toBe(2);
  });

  test('a plateau is as many peaks as it has pixels; the window decides what is one', () => {
    const heat = [[0, 0.5, 0.5, 0, 0.4, 0]];
    const tags = [[[0, 10, 20, 30, 40, 50]]];
    const scores = (nmsKernel: number) => rounded(group(heat, tags, { nmsKernel }).scores);
    expect(scores(3)).toEqual([0.5, 0.5, 0.4]);
    expect(scores(5)).toEqual([0.5, 0.5]);
    expect(scores(1)).toEqual([0.5, 0.5, 0.4]);
  });

  test('nobody', async () => {
    const nobody = { people: 0, keypoints: new Float32Array(), tags: new Float32Array(), scores: new Float32Array() };
    expect(group([[0, 0.0999, -3]], [[[1, 2, 3]]])).toEqual(nobody);
    const inputs = [tf.zeros<tf.Rank.R3>([17, 20, 33]), tf.zeros<tf.Rank.R4>([2, 17, 20, 33])] as const;
    expect(await groupKeypointsAsync(...inputs)).toEqual(nobody);
    tf.dispose([...inputs]);
  });

  test('refuses what is not finite and what does not fit', async () => {
    const bad = [HEAT[0]!, [0, 0, 0, Number.NaN, 0, 0, 0]];
    expect(messageOf(() => group(bad, TAGS))).toBe(
      'groupKeypoints: element 10 of heatmaps must be a finite number, received NaN',
    );
    const badTags = [[TAGS[0]![0]!, [0, 0, 0, 0, 0, 0, Number.NEGATIVE_INFINITY]]];
    for (const refine of [false, true]) {
      expect(messageOf(() => group(HEAT, badTags, { refine }))).toBe(
        'groupKeypoints: element 13 of tags must be a finite number, received -Infinity',
      );
    }
    const refused = (options: GroupKeypointsOptions) => messageOf(() => group(HEAT, TAGS, options));
    expect(refused({ nmsKernel: 4 })).toContain('nmsKernel must be an odd whole number of at least 1, received 4');
    expect(refused({ maxPeople: 0 })).toContain('maxPeople must be a whole number of at least 1, received 0');
    expect(refused({ detectionThreshold: -0.1 })).toContain('detectionThreshold must be a number of at least 0');
    expect(refused({ tagThreshold: Number.NaN })).toContain('tagThreshold must be a number, received NaN');
    for (const jointOrder of [[0], [0, 0], [0, 2], [1, 0.5]]) {
      expect(refused({ jointOrder })).toContain('jointOrder must be a permutation of 0 to 1');
    }
    const sizes = () => groupKeypoints(tf.zeros([3, 4, 5]), tf.zeros([1, 2, 4, 5]));
    expect(messageOf(() => tf.tidy(() => void sizes()))).toBe(
      'groupKeypoints: tags must have shape [T, 3, 4, 5] or [T, 1, 4, 5], received [1, 2, 4, 5]',
    );
    const inputs = [tf.fill<tf.Rank.R3>([1, 1, 1], Number.NaN), tf.zeros<tf.Rank.R4>([1, 1, 1, 1])] as const;
    await expect(groupKeypointsAsync(...inputs)).rejects.toThrow('element 0 of heatmaps');
    tf.dispose([...inputs]);
  });
});
