import { readFileSync } from 'node:fs';
import { describeBackends, loadFixture, maxAbsError } from '@icconv/test-utils';
import { hashed } from '@icconv/test-utils/values';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { aggregateKeypointMaps } from '../../src';
import { activate } from '../support/activate';

interface Case {
  readonly name: string;
  readonly seed: number;
  /** Shapes [F, h, w, C]. */
  readonly maps: readonly (readonly [number, number, number, number])[];
  readonly size: readonly [height: number, width: number];
  readonly tagsFrom: number;
}

const folder = new URL('./fixtures/', import.meta.url);
const { cases, keypoints, flipIndex, tolerance } = JSON.parse(
  readFileSync(new URL('manifest.json', folder), 'utf8'),
) as {
  readonly cases: readonly Case[];
  readonly keypoints: number;
  readonly flipIndex: readonly number[];
  readonly tolerance: number;
};
const fixture = loadFixture(new URL('keypoint-maps.safetensors', folder));

describeBackends('aggregateKeypointMaps gives what torch gives', activate, () => {
  test.each(cases.map((c) => [c.name, c] as const))('%s', async (name, { seed, maps, size, tagsFrom }) => {
    const inputs = maps.map((shape, m) => {
      const length = shape.reduce((a, b) => a * b);
      return tf.tensor4d(hashed(seed + m, length), [...shape]);
    });
    const result = aggregateKeypointMaps(inputs, { keypoints, size, flipIndex, tagsFrom });
    for (const [part, tensor] of Object.entries(result)) {
      const expected = fixture[`${name}/${part}`]!;
      expect(tensor.shape).toEqual(expected.shape);
      expect(maxAbsError(await tensor.data(), expected.data as Float32Array)).toBeLessThanOrEqual(tolerance);
    }
    tf.dispose([...inputs, ...Object.values(result)]);
  });
});
