import { readFileSync } from 'node:fs';
import { describeBackends, loadFixture, maxAbsError } from '@icconv/test-utils';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { type GroupKeypointsOptions, groupKeypoints, groupKeypointsAsync } from '../../src';
import { activate } from '../support/activate';
import { type PaintedScene, paintPeople } from '../support/paint-people';

interface Case extends PaintedScene {
  readonly name: string;
  readonly options: GroupKeypointsOptions;
}

const folder = new URL('./fixtures/', import.meta.url);
const { cases, radius, tolerance } = JSON.parse(readFileSync(new URL('manifest.json', folder), 'utf8')) as {
  readonly cases: readonly Case[];
  readonly radius: number;
  readonly tolerance: number;
};
const fixture = loadFixture(new URL('keypoint-grouping.safetensors', folder));

describeBackends('groupKeypoints gives what mmpose gives', activate, () => {
  test.each(cases.map((c) => [c.name, c] as const))('%s', async (name, scene) => {
    const { joints, tagSize, tagMaps, size, options } = scene;
    const data = (part: string) => fixture[`${name}/${part}`]!.data as Float32Array;
    const maps = paintPeople({ ...scene, radius }, data('people'), data('personTags'));
    const heatmaps = tf.tensor3d(maps.heatmaps, [joints, ...size]);
    const tags = tf.tensor4d(maps.tags, [tagSize, tagMaps, ...size]);
    const groups = groupKeypoints(heatmaps, tags, options);
    const waited = await groupKeypointsAsync(heatmaps, tags, options);
    tf.dispose([heatmaps, tags]);
    expect(groups.people).toBe(data('scores').length);
    const poses: number[] = [];
    for (let i = 0; i < groups.people * joints; i++) {
      poses.push(...groups.keypoints.subarray(3 * i, 3 * i + 3));
      poses.push(...groups.tags.subarray(tagSize * i, tagSize * (i + 1)));
    }
    expect(maxAbsError(poses, data('poses'))).toBeLessThanOrEqual(tolerance);
    expect(maxAbsError(groups.scores, data('scores'))).toBeLessThanOrEqual(tolerance);
    expect(waited).toEqual(groups);
  });
});
