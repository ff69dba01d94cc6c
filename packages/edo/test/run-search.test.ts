import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { parsePattern } from '@icconv/inception-conv';
import { initResNet, type ResNetConfig } from '@icconv/models';
import { useEngine } from '@icconv/tensor-ops/engine';
import { saveStateDict } from '@icconv/tensor-ops/weights';
import { maxAbsError } from '@icconv/test-utils';
import * as tf from '@tensorflow/tfjs-core';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import { superConfig } from '../src/index';
import {
  loadSuperNetwork,
  type PictureWatcher,
  runSearch,
  type SearchConfig,
  searchSchema,
  writeSearch,
} from '../src/node/index';
import { prepared } from '../src/node/pictures';

const BACKBONE: ResNetConfig = { block: 'bottleneck', blocks: [1, 1, 1, 1], width: 8 };
const folder = mkdtempSync(join(tmpdir(), 'icconv-search-'));
const at = (name: string) => join(folder, name);

beforeAll(async () => {
  await useEngine({ threads: 2 });
  const weights = initResNet(superConfig(BACKBONE, { maxDilation: 2 }), { seed: 1 });
  await saveStateDict(weights, at('super.safetensors'));
  tf.dispose(weights);
});
afterAll(() => rmSync(folder, { recursive: true }));

const configOf = (rest: object = {}) =>
  searchSchema.parse({
    weights: at('super.safetensors'),
    backbone: BACKBONE,
    maxDilation: 2,
    output: at('out'),
    ...rest,
  });

async function search(config: SearchConfig, watcher?: PictureWatcher) {
  const network = await loadSuperNetwork(config);
  const run = await runSearch(network, config, watcher);
  const files = await writeSearch(config.output, run);
  tf.dispose([network.weights, run.weights]);
  return { run, files };
}

it('writes pattern, counts, weights and report, and keeps no tensor', async () => {
  const tensors = tf.memory().numTensors;
  const { run, files } = await search(configOf({ constraints: { symmetric: true }, title: 'Small' }));
  expect(tf.memory().numTensors).toBe(tensors);
  expect(files.map((path) => basename(path))).toEqual([
    'pattern.json',
    'search.json',
    'report.html',
    'weights.safetensors',
    'counts.json',
    'counts-weights.safetensors',
  ]);
  for (const path of files) expect(existsSync(path)).toBe(true);
  const pattern = parsePattern(readFileSync(at('out/pattern.json'), 'utf8'));
  expect(pattern.layers).toEqual(run.pattern.layers);
  expect(pattern.layers.every(({ dilations }) => dilations.every(([h, w]) => h === w))).toBe(true);
  expect(run.config.conv).toMatchObject({ kind: 'inception' });
  const { baselines = {} } = run.report;
  expect(Object.keys(baselines)).toEqual(['ones', 'random', 'manual']);
  expect(run.report.warning).toContain(`${baselines.random!.mean.toFixed(3)} for random`);
  expect(readFileSync(at('out/report.html'), 'utf8')).toContain('Small');
  expect(run.pictures).toBeUndefined();
});

it('names a checkpoint of another K, and a dilation of 0', async () => {
  await expect(search(configOf({ maxDilation: 3 }))).rejects.toThrow('layer1.0.conv2.weight');
  expect(() => configOf({ maxDilation: 0 })).toThrow('maxDilation');
});

it('pictures of every format count; those that cannot be read stop it, or are left out and told', async () => {
  const images = at('images');
  mkdirSync(images);
  const picture = sharp({ create: { width: 64, height: 48, channels: 3, background: '#8090a0' } });
  await picture.clone().png().toFile(join(images, 'a.png'));
  await picture.clone().tiff().toFile(join(images, 'b.TIF'));
  writeFileSync(join(images, 'c.jpg'), 'no picture');
  writeFileSync(join(images, 'notes.txt'), 'no picture');
  const told: unknown[] = [];
  const watcher: PictureWatcher = {
    onPictures: ({ found, chosen }) => told.push([found, chosen]),
    onPicture: (...numbers) => told.push(numbers),
    onSkipped: ({ name }) => told.push(name),
  };
  const withData = (data: object, objective = 'output-error') =>
    search(configOf({ objective, data: { images, minSize: 48, maxSize: 64, ...data } }), watcher);
  await expect(withData({})).rejects.toThrow(/c\.jpg: cannot be decoded/);
  told.length = 0;
  const { run } = await withData({ onUnreadable: 'skip' });
  const skipped = [{ name: 'c.jpg', reason: 'it is no picture of a known format' }];
  expect(run.pictures).toEqual({ folder: images, found: 3, chosen: 3, skipped });
  expect(told).toEqual([[3, 3], [1, 3], [2, 3], 'c.jpg', [3, 3]]);
  await expect(withData({ images: folder })).rejects.toThrow('holds no pictures');
  await expect(withData({ images: at('missing') })).rejects.toThrow('no such file or folder');
  // Weights alone ask for no picture.
  expect((await withData({ images: at('missing') }, 'weight-l1')).run.pictures).toBeUndefined();
}, 60_000);

it('prepares pictures as torchvision does: sides cut, bilinear at half pixels, normalised, padded to 32', () => {
  const [height, width] = [37, 50];
  const data = Uint8Array.from({ length: height * width * 3 }, (_, i) => (i * 7919) % 256);
  // 100/37 makes 135.1 of the longer side, which is allowed; 60/50 of the second limit is the smaller factor.
  for (const [minSize, maxSize, size, padded] of [
    [100, 200, [100, 135], [128, 160]],
    [100, 60, [44, 60], [64, 64]],
  ] as const) {
    const [ours, exact] = tf.tidy(() => {
      const mean = tf.tensor1d([123.675, 116.28, 103.53]);
      const deviation = tf.tensor1d([58.395, 57.12, 57.375]);
      const normal = tf.div(tf.sub(tf.tensor3d(data, [height, width, 3], 'float32'), mean), deviation);
      const resized = tf.image.resizeBilinear(normal as tf.Tensor3D, [...size], false, true);
      const around = tf.pad(resized, [
        [0, padded[0] - size[0]],
        [0, padded[1] - size[1]],
        [0, 0],
      ]);
      const one = prepared({ data, height, width }, { minSize, maxSize });
      expect(one.shape).toEqual([1, ...padded, 3]);
      return [one.dataSync(), around.dataSync()];
    });
    // In noise from 0 to 255 the float32 of the places to read at is worth so much.
    expect(maxAbsError(ours!, exact!)).toBeLessThan(5e-5);
  }
});

it('has a schema that is JSON Schema too', () => {
  const { properties, required } = z.toJSONSchema(searchSchema, { io: 'input' });
  expect(required).toEqual(['weights', 'backbone', 'maxDilation', 'output']);
  expect(properties).toHaveProperty('objective.enum', ['expectation', 'signed-weights', 'weight-l1', 'output-error']);
});
