import { readFileSync } from 'node:fs';
import { describeBackends, loadFixture } from '@icconv/test-utils';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { pasteMasks } from '../../src';
import { activate } from '../support/activate';

const folder = new URL('./fixtures/', import.meta.url);
const { height, width } = JSON.parse(readFileSync(new URL('paste-masks.json', folder), 'utf8')) as {
  readonly height: number;
  readonly width: number;
};
const fixture = loadFixture(new URL('paste-masks.safetensors', folder));

function pixelsOf(runs: ArrayLike<number>): Uint8Array {
  const pixels = new Uint8Array(height * width);
  let at = 0;
  for (let i = 0; i < runs.length; i++) {
    if (i % 2 === 1) pixels.fill(1, at, at + runs[i]!);
    at += runs[i]!;
  }
  expect(at).toBe(height * width);
  return pixels;
}

describeBackends('pasteMasks', activate, () => {
  test.each(['torchvision', 'detectron2'] as const)(
    'covers what %s covers, but for a pixel in a thousand',
    (convention) => {
      const { data: probabilities, shape } = fixture.probabilities!;
      const inputs = [
        tf.tensor3d(probabilities as Float32Array, shape as [number, number, number]),
        tf.tensor2d(fixture.boxes!.data as Float32Array, [shape[0]!, 4]),
      ] as const;
      const before = tf.memory().numTensors;
      const pasted = pasteMasks(...inputs, { height, width, convention });
      expect(tf.memory().numTensors).toBe(before);
      tf.dispose([...inputs]);
      let end = 0;
      let covered = 0;
      const counts = fixture[`${convention}/counts`]!.data as Int32Array;
      (fixture[`${convention}/lengths`]!.data as Int32Array).forEach((length, i) => {
        end += length;
        const expected = pixelsOf(counts.slice(end - length, end));
        const actual = pixelsOf(pasted[i]!);
        let [both, either] = [0, 0];
        for (let p = 0; p < actual.length; p++) {
          both += actual[p]! & expected[p]!;
          either += actual[p]! | expected[p]!;
        }
        covered += both;
        expect(either === 0 ? 1 : both / either, `mask ${i}`).toBeGreaterThanOrEqual(0.999);
      });
      expect(covered).toBeGreaterThan(20_000);
    },
  );
});
