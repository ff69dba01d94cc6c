import { CROWDPOSE_SIGMAS } from '@icconv/coco';
import { expect, test } from 'vitest';
import { COCO_SKELETON, DEFAULT_SIGMA, flipIndex, skeletonOf } from '../../src';

const bee = {
  id: 1,
  name: 'bee',
  keypoints: ['tail', 'head', 'right_antenna', 'left_antenna'],
  skeleton: [[1, 2]] as [number, number][],
};

test('a category says names, limbs and, by the names, which keypoints change places', () => {
  const { keypoints, edges, swapPairs, sigmas } = skeletonOf(bee);
  expect(keypoints).toEqual(bee.keypoints);
  expect(edges).toEqual([[0, 1]]);
  expect(swapPairs).toEqual([[3, 2]]);
  expect(sigmas).toEqual([DEFAULT_SIGMA, DEFAULT_SIGMA, DEFAULT_SIGMA, DEFAULT_SIGMA]);
  expect(flipIndex(skeletonOf(bee))).toEqual([0, 1, 3, 2]);
});

test.each([
  ['LEFT_KNEE', 'RIGHT_KNEE'],
  ['Left Knee', 'Right Knee'],
  ['kneeLeft', 'kneeRight'],
  ['l_knee', 'r_knee'],
  ['knee-L', 'knee-R'],
])('%s and %s change places', (left, right) => {
  expect(skeletonOf({ id: 1, name: 'one', keypoints: [right, 'tail', left] }).swapPairs).toEqual([[2, 0]]);
});

test('CrowdPose is recognised by its names and their order', () => {
  const joints = ['shoulder', 'elbow', 'wrist', 'hip', 'knee', 'ankle'];
  const sides = joints.flatMap((joint) => [`left_${joint}`, `right_${joint}`]);
  const own = skeletonOf({ id: 1, name: 'person', keypoints: [...sides, 'head', 'neck'] });
  expect(own.sigmas).toEqual(CROWDPOSE_SIGMAS);
  const byArm = [...joints.map((joint) => `right_${joint}`), ...joints.map((joint) => `left_${joint}`), 'head', 'neck'];
  expect(skeletonOf({ id: 1, name: 'person', keypoints: byArm }).sigmas[0]).toBe(DEFAULT_SIGMA);
});

test('COCO is recognised by its names', () => {
  const person = { id: 1, name: 'person', keypoints: COCO_SKELETON.keypoints, skeleton: [] };
  expect(skeletonOf(person).sigmas).toEqual(COCO_SKELETON.sigmas);
  expect(skeletonOf(person).swapPairs).toEqual(COCO_SKELETON.swapPairs);
});

test('sigmas of the file, and of the caller, come first', () => {
  expect(skeletonOf({ ...bee, sigmas: [0.1, 0.2, 0.3, 0.4] }).sigmas).toEqual([0.1, 0.2, 0.3, 0.4]);
  expect(skeletonOf(bee, { sigmas: [1, 1, 1, 1] }).sigmas).toEqual([1, 1, 1, 1]);
});

test('what does not fit is named', () => {
  expect(() => skeletonOf({ id: 1, name: 'car' })).toThrow('keypoints');
  expect(() => skeletonOf(bee, { sigmas: [1] })).toThrow('4 positive numbers');
  expect(() => skeletonOf(bee, { edges: [[0, 4]] })).toThrow('pairs of numbers from 0 to 3');
  expect(() =>
    skeletonOf(bee, {
      swapPairs: [
        [0, 1],
        [1, 2],
      ],
    }),
  ).toThrow('disjoint pairs');
});
