import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fasterRcnnConfig, initFasterRcnn } from '@icconv/detection';
import { DETECTION, saveDetectorWeights } from '@icconv/detection/node';
import { exportDetectorOnnx } from '@icconv/detection/onnx';
import { initResNet, type ResNetConfig, under } from '@icconv/models';
import { exportOnnx } from '@icconv/models/onnx';
import { BACKBONES, writeModel } from '@icconv/task';
import { useEngine } from '@icconv/tensor-ops/engine';
import { saveStateDict } from '@icconv/tensor-ops/weights';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createProgram } from '../program';

const CONFIG = `block: basic
blocks: [1, 1, 1, 1]
width: 8
conv:
  kind: inception
  pattern: { format: x }
`;

let folder: string;
const printed: string[] = [];
const path = (name: string) => join(folder, name);

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'icconv-export-'));
  printed.length = 0;
  vi.spyOn(console, 'log').mockImplementation((text: string) => void printed.push(text));
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true });
});

const run = async (...args: string[]) =>
  (await createProgram({ signal: new AbortController().signal }, ['export'])).parseAsync(['export', 'onnx', ...args], {
    from: 'user',
  });

describe('icconv export onnx', () => {
  test('writes the file of the network that config, pattern and weights make', async () => {
    await useEngine();
    const small: ResNetConfig = { block: 'basic', blocks: [1, 1, 1, 1], width: 8 };
    const counts = [8, 16, 32, 64].map(
      (channels) => `{"(0, 0)": ${channels - 3}, "(0, 1)": 0, "(1, 0)": 3, "(1, 1)": 0}`,
    );
    writeFileSync(path('pattern.json'), `[${counts.join(', ')}]`);
    writeFileSync(path('backbone.yaml'), 'block: basic\nblocks: [1, 1, 1, 1]\nwidth: 8\n');
    const weights = initResNet(small, { seed: 1 });
    // Of a whole detector only the backbone is taken.
    await saveStateDict({ ...weights, head: tf.scalar(1) }, path('weights.pth'), { prefix: 'backbone.' });
    await run(
      ...[path('weights.pth'), path('out.onnx'), '--config', path('backbone.yaml'), '--pattern', path('pattern.json')],
      ...['--prefix', 'backbone.', '--outputs', 'c3,c5', '--batch-norm', 'keep', '--json'],
    );
    const report = JSON.parse(printed[0]!) as { path: string; bytes: number; config: ResNetConfig };
    expect(report.config).toMatchObject({ width: 8, conv: { kind: 'inception' } });
    const expected = await exportOnnx(weights, report.config, { returns: ['c3', 'c5'], batchNorm: 'keep' });
    expect(readFileSync(path('out.onnx')).equals(expected)).toBe(true);
    expect(readdirSync(folder).filter((name) => name.endsWith('.tmp'))).toEqual([]);
    tf.dispose(weights);
  });

  test('writes a detector whole, and its backbone where outputs are asked for', async () => {
    await useEngine();
    const backbone = { block: 'basic', blocks: [1, 1, 1, 1], width: 8 } as const;
    const base = fasterRcnnConfig({ backbone, classes: 2, masks: true });
    const config = { ...base, fpnChannels: 8, roi: { ...base.roi, hidden: 8 } };
    const classes = ['cat', 'dog'];
    const weights = initFasterRcnn(config, { seed: 1 });
    await writeModel(DETECTION, folder, { config, classes });
    await saveDetectorWeights(path('final.safetensors'), weights, config);
    await run(folder, path('whole.onnx'), '--json');
    const report = JSON.parse(printed[0]!);
    expect(report).toMatchObject({ path: path('whole.onnx'), classes, config: { fpnChannels: 8, backbone } });
    // The description is in the order of the folder's file.
    const whole = await exportDetectorOnnx(weights, { ...config, input: report.config.input }, { classes });
    expect(report.bytes).toBe(whole.length);
    expect(readFileSync(path('whole.onnx')).equals(whole)).toBe(true);

    await run(folder, path('backbone.onnx'), '--outputs', 'c2,c5');
    const part = await exportOnnx(under(weights, 'backbone.body.'), backbone, { returns: ['c2', 'c5'] });
    expect(readFileSync(path('backbone.onnx')).equals(part)).toBe(true);

    await expect(run(folder, path('kept.onnx'), '--batch-norm', 'keep')).rejects.toThrow(
      '--outputs exports a backbone',
    );
    expect(existsSync(path('kept.onnx'))).toBe(false);
    tf.dispose(weights);
  });

  test('refuses to be told what a folder or a name of the zoo says itself', async () => {
    const config = fasterRcnnConfig({ backbone: { block: 'basic', blocks: [1, 1, 1, 1], width: 8 }, classes: 2 });
    await writeModel(DETECTION, folder, { config, classes: ['cat', 'dog'] });
    const flags = ['--depth', '50', '--pattern', 'x', '--classes', '2', '--prefix', 'p.', '--style', 'torchvision'];
    await expect(run(folder, path('out.onnx'), ...flags, '--outputs', 'c5')).rejects.toThrow(
      `${folder}: --depth, --pattern, --classes, --prefix, --style: only for a weight file; this folder says`,
    );
    for (const { name } of [BACKBONES[0]!, DETECTION.zoo[0]!]) {
      await expect(run(name, path('out.onnx'), '--offline', '--config', 'x.yaml')).rejects.toThrow(
        `${name}: --config: only for a weight file; this name says itself what the network is`,
      );
    }
    expect(existsSync(path('out.onnx'))).toBe(false);
  });

  test.each<[string, string[], RegExp]>([
    ['no network', [], /either --depth or --config/],
    [
      'an unknown pattern',
      ['--depth', '50', '--pattern', 'pose/none'],
      /neither a published pattern \(detection.* nor a file/,
    ],
    ['a checkpoint that is not in the cache', ['--depth', '18'], /ENOENT|cannot be read|no such file/],
    ['a faulty configuration', ['--config', 'CONFIG'], /backbone\.yaml:5: conv/],
  ])('refuses %s', async (_, flags, message) => {
    writeFileSync(path('backbone.yaml'), CONFIG);
    const args = flags.map((flag) => (flag === 'CONFIG' ? path('backbone.yaml') : flag));
    await expect(run(path('absent.pth'), path('out.onnx'), ...args)).rejects.toThrow(message);
    expect(existsSync(path('out.onnx'))).toBe(false);
  });
});
