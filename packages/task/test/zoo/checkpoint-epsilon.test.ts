import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { convertWeights, saveStateDict } from '@icconv/tensor-ops/weights';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { checkpointEpsilon, EPSILON_KEY } from '../../src';
import { activate } from '../support/activate';

const folder = mkdtempSync(join(tmpdir(), 'icconv-epsilon-'));
beforeAll(() => activate('js'));
afterAll(() => rmSync(folder, { recursive: true }));

test('is known by the published name, of the downloaded file and of the converted one', async () => {
  expect(await checkpointEpsilon('/nowhere/fasterrcnn_resnet50_fpn_coco-258fb6c6.pth')).toBe(0);
  expect(await checkpointEpsilon('maskrcnn_resnet50_fpn_coco-bf2d0c1e.safetensors')).toBe(0);
  expect(await checkpointEpsilon('fasterrcnn_resnet50_fpn_v2_coco-dd69338a.pth')).toBeUndefined();
  // torchvision leaves the older weights of Keypoint R-CNN alone.
  expect(await checkpointEpsilon('keypointrcnn_resnet50_fpn_coco-9f466800.pth')).toBeUndefined();
  expect(await checkpointEpsilon(join(folder, 'nothing.pth'))).toBeUndefined();
});

test('another file of the same size is told apart by its checksum', async () => {
  const path = join(folder, 'renamed.pth');
  writeFileSync(path, '');
  truncateSync(path, Math.round(130.267 * 2 ** 20));
  expect(await checkpointEpsilon(path)).toBeUndefined();
});

test('is read from a safetensors header', async () => {
  const plain = await saveStateDict({ bias: tf.zeros([2]) }, join(folder, 'plain.safetensors'));
  expect(await checkpointEpsilon(plain)).toBeUndefined();
  const noted = join(folder, 'noted.safetensors');
  await convertWeights(plain, noted, { metadata: { [EPSILON_KEY]: '0' } });
  expect(await checkpointEpsilon(noted)).toBe(0);
});
