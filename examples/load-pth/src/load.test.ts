import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { initResNet, resnetConfig } from '@icconv/models';
import { useEngine } from '@icconv/tensor-ops/engine';
import { loadStateDict, saveStateDict } from '@icconv/tensor-ops/weights';
import { runExample } from '@icconv/test-utils';
import { dispose } from '@tensorflow/tfjs-core';
import sharp from 'sharp';
import { afterAll, expect, test } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'icconv-example-'));
afterAll(() => rmSync(folder, { recursive: true }));

test('lists, runs and converts', async (context) => {
  const [checkpoint, picture, out] = ['net.pth', 'grey.png', 'net.safetensors'].map((name) => join(folder, name));
  await useEngine();
  const weights = initResNet(resnetConfig(18, { classes: 5 }), { seed: 1 });
  await saveStateDict(weights, checkpoint!);
  await sharp({ create: { width: 64, height: 64, channels: 3, background: '#888' } })
    .png()
    .toFile(picture!);
  const script = new URL('./load.ts', import.meta.url);
  const printed = (await runExample(context, script, [checkpoint!, '18', picture!, out!])).trim().split('\n');
  expect(printed[0]).toMatch(/^conv1\.weight float32 64x3x7x7$/);
  expect(printed[3]).toMatch(/^\d+ tensors$/);
  expect(printed[4]).toMatch(/^class [0-4] [01]\.\d{3}$/);
  expect(printed[5]).toBe(`${printed[3]} written`);
  const converted = await loadStateDict(out!);
  expect(await converted['fc.weight']!.data()).toEqual(await weights['fc.weight']!.data());
  dispose([weights, converted]);
});
