import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { superConfig } from '@icconv/edo';
import { parsePattern } from '@icconv/inception-conv';
import { initResNet, type ResNetConfig } from '@icconv/models';
import { useEngine } from '@icconv/tensor-ops/engine';
import { saveStateDict } from '@icconv/tensor-ops/weights';
import * as tf from '@tensorflow/tfjs-core';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runSearch } from './run-search';
import { searchSchema } from './search-config';

const BACKBONE: ResNetConfig = { block: 'bottleneck', blocks: [1, 1, 1, 1], width: 8 };
const folder = mkdtempSync(join(tmpdir(), 'icconv-search-'));
const file = join(folder, 'search.yaml');
const signal = new AbortController().signal;

beforeAll(async () => {
  await useEngine();
  const weights = initResNet(superConfig(BACKBONE, { maxDilation: 2 }), { seed: 1 });
  await saveStateDict(weights, join(folder, 'super.safetensors'));
  tf.dispose(weights);
});
afterAll(() => rmSync(folder, { recursive: true }));

const configOf = (rest: object = {}) =>
  searchSchema.parse({ weights: 'super.safetensors', backbone: BACKBONE, maxDilation: 2, output: 'out', ...rest });

it('writes pattern, counts, weights and report', async () => {
  const { result, files } = await runSearch(file, configOf({ constraints: { symmetric: true } }), signal);
  for (const path of files) expect(existsSync(path)).toBe(true);
  expect(files.map((path) => path.slice(path.lastIndexOf('/') + 1))).toContain('counts.json');
  const pattern = parsePattern(readFileSync(join(folder, 'out/pattern.json'), 'utf8'));
  expect(pattern.layers).toEqual(result.pattern.layers);
  expect(pattern.layers.every(({ dilations }) => dilations.every(([h, w]) => h === w))).toBe(true);
});

it('names a checkpoint of another K, and a dilation of 0', async () => {
  await expect(runSearch(file, configOf({ maxDilation: 3 }), signal)).rejects.toThrow('layer1.0.conv2.weight');
  expect(() => configOf({ maxDilation: 0 })).toThrow('maxDilation');
});

it('pictures of every format count; those that cannot be read stop it, or are left out and told', async () => {
  const images = join(folder, 'images');
  mkdirSync(images);
  const picture = sharp({ create: { width: 64, height: 48, channels: 3, background: '#8090a0' } });
  await picture.clone().png().toFile(join(images, 'a.png'));
  await picture.clone().tiff().toFile(join(images, 'b.TIF'));
  writeFileSync(join(images, 'c.jpg'), 'no picture');
  writeFileSync(join(images, 'notes.txt'), 'no picture');
  const search = (data: object) =>
    runSearch(
      file,
      configOf({ objective: 'output-error', data: { images, minSize: 48, maxSize: 64, ...data } }),
      signal,
    );
  await expect(search({})).rejects.toThrow(/c\.jpg: cannot be decoded/);
  const { data } = await search({ onUnreadable: 'skip' });
  expect(data).toEqual({
    found: 3,
    chosen: 3,
    skipped: [{ name: 'c.jpg', reason: 'it is no picture of a known format' }],
  });
  await expect(search({ images: folder })).rejects.toThrow('holds no pictures');
}, 60_000);
