import { readFileSync } from 'node:fs';
import { describeBackends, loadFixture } from '@icconv/test-utils';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { batchedNms, batchedNmsAsync } from '../../src';
import { activate } from '../support/activate';

interface Case {
  readonly name: string;
  /** Name of the boxes in the fixture. */
  readonly boxes: string;
  readonly iouThreshold: number;
}

const folder = new URL('./fixtures/', import.meta.url);
const { cases } = JSON.parse(readFileSync(new URL('manifest.json', folder), 'utf8')) as {
  readonly cases: readonly Case[];
};
const fixture = loadFixture(new URL('nms.safetensors', folder));

describeBackends('batchedNms keeps what torchvision keeps', activate, () => {
  test.each(cases.map((c) => [c.name, c] as const))(
    'IoU threshold of %s',
    async (name, { boxes: kind, iouThreshold }) => {
      const data = (part: string) => fixture[`${kind}/${part}`]!.data;
      const boxes = tf.tensor2d(data('boxes') as Float32Array, [data('scores').length, 4]);
      const scores = tf.tensor1d(data('scores') as Float32Array);
      const groups = tf.tensor1d(data('groups') as Int32Array, 'int32');
      const kept = [
        batchedNms(boxes, scores, undefined, { iouThreshold }),
        batchedNms(boxes, scores, groups, { iouThreshold }),
        await batchedNmsAsync(boxes, scores, groups, { iouThreshold }),
      ];
      const [all, grouped, waited] = await Promise.all(kept.map((tensor) => tensor.data()));
      tf.dispose([boxes, scores, groups, kept]);
      expect(all).toEqual(fixture[`${name}/all`]!.data);
      expect(grouped).toEqual(fixture[`${name}/grouped`]!.data);
      expect(waited).toEqual(grouped);
    },
  );
});
