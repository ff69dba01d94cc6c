import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { superConfig, widenWeights } from '@icconv/edo';
import { initResNet, type ResNetConfig } from '@icconv/models';
import { useEngine } from '@icconv/tensor-ops/engine';
import { saveStateDict } from '@icconv/tensor-ops/weights';
import * as tf from '@tensorflow/tfjs-core';
import sharp from 'sharp';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { createProgram } from '../program';

const BACKBONE: ResNetConfig = { block: 'bottleneck', blocks: [1, 1, 1, 1], width: 8 };
const folder = mkdtempSync(join(tmpdir(), 'icconv-search-'));
const at = (name: string) => join(folder, name);
let printed: string[];
let told: string[];

beforeAll(async () => {
  await useEngine();
  const wide = superConfig(BACKBONE, { maxDilation: 2 });
  const random = initResNet(wide, { seed: 1 });
  const plain = initResNet(BACKBONE, { seed: 1 });
  const widened = widenWeights(plain, wide);
  await saveStateDict(random, at('random.safetensors'));
  await saveStateDict(widened, at('widened.safetensors'));
  tf.dispose([random, plain, widened]);
  const config = { weights: 'random.safetensors', backbone: BACKBONE, maxDilation: 2, output: 'out' };
  writeFileSync(at('search.yaml'), JSON.stringify(config));
});
beforeEach(() => {
  printed = [];
  told = [];
  vi.spyOn(console, 'log').mockImplementation((text: string) => void printed.push(text));
  vi.spyOn(console, 'error').mockImplementation((text: string) => void told.push(text));
});
afterEach(() => void vi.restoreAllMocks());
afterAll(() => rmSync(folder, { recursive: true }));

const search = async (...args: string[]) =>
  (await createProgram({ signal: new AbortController().signal }, ['search'])).parseAsync(
    ['search', '--config', at('search.yaml'), ...args],
    { from: 'user' },
  );

test('prints a line a layer and the files, which lie beside the configuration', async () => {
  const tensors = tf.memory().numTensors;
  await search();
  expect(tf.memory().numTensors).toBe(tensors);
  const text = printed.join('\n');
  for (const stage of [1, 2, 3, 4]) expect(text).toContain(`layer${stage}.0.conv2`);
  expect(text).toMatch(
    /lost of the super-network by weight-l1: searched 0\.\d{3}, ones 0\.\d{3}, random 0\.\d{3}, manual 0\.\d{3}/,
  );
  expect(text).toContain(at('out/report.html'));
  expect(existsSync(at('out/pattern.json'))).toBe(true);
});

test('warns of a super-network that is as good as random, in JSON too, and of no other', async () => {
  await search('--json');
  const { warning, error, files } = JSON.parse(printed.join('\n')) as {
    warning: string;
    error: { mean: number };
    files: string[];
  };
  expect(warning).toMatch(`these weights can't tell patterns apart: ${error.mean.toFixed(3)} of`);
  expect(told).toEqual([`warning: ${warning}`]);
  expect(files).toContain(at('out/weights.safetensors'));
  told = [];
  await search('--set', 'weights=widened.safetensors');
  expect(told).toEqual([]);
});

test('tells which pictures it takes, and which it leaves out', async () => {
  mkdirSync(at('images'));
  const picture = sharp({ create: { width: 64, height: 48, channels: 3, background: '#8090a0' } });
  await picture.png().toFile(at('images/a.png'));
  writeFileSync(at('images/b.jpg'), 'no picture');
  const data = '{ images: images, minSize: 48, maxSize: 64, onUnreadable: skip }';
  await search('--json', '--set', 'objective=output-error', '--set', `data=${data}`);
  expect(told.slice(0, 2)).toEqual([
    `statistics of 2 pictures, of 2 in ${at('images')}`,
    'left out: b.jpg: it is no picture of a known format',
  ]);
  expect(JSON.parse(printed.join('\n'))).toMatchObject({ data: { found: 2, chosen: 2, skipped: [{ name: 'b.jpg' }] } });
});

test('an output that cannot be a folder stops it with the path', async () => {
  await expect(search('--set', 'output=search.yaml')).rejects.toThrow(at('search.yaml'));
});
