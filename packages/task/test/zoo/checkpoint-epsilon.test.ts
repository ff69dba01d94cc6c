import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sha256OfFile } from '@icconv/tensor-ops/download';
import { convertWeights, saveStateDict } from '@icconv/tensor-ops/weights';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { checkpointEpsilon, EPSILON_KEY } from '../../src';
import { chosenBackbone } from '../../src/model/backbone-choice';
import { activate } from '../support/activate';

vi.mock('@icconv/tensor-ops/download', async (original) => {
  const own = await original<typeof import('@icconv/tensor-ops/download')>();
  return { ...own, sha256OfFile: vi.fn(own.sha256OfFile) };
});

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

test('a renamed copy is known by its checksum, and another file of the same size told apart by it', async () => {
  const path = join(folder, 'renamed.pth');
  writeFileSync(path, '');
  truncateSync(path, Math.round(159.743 * 2 ** 20));
  expect(await checkpointEpsilon(path)).toBeUndefined();
  // No file of that checksum can be made here.
  vi.mocked(sha256OfFile).mockResolvedValueOnce(`258fb6c6${'0'.repeat(56)}`);
  expect(await checkpointEpsilon(path)).toBe(0);
  vi.mocked(sha256OfFile).mockResolvedValueOnce(`258fb6c6${'0'.repeat(56)}`);
  const backbone = await chosenBackbone({ backbone: 50 }, path, {});
  expect(backbone.batchNormEpsilon).toBe(0);
});

test('is read from a safetensors header', async () => {
  const plain = await saveStateDict({ bias: tf.zeros([2]) }, join(folder, 'plain.safetensors'));
  expect(await checkpointEpsilon(plain)).toBeUndefined();
  const noted = join(folder, 'noted.safetensors');
  await convertWeights(plain, noted, { metadata: { [EPSILON_KEY]: '0' } });
  expect(await checkpointEpsilon(noted)).toBe(0);
});
