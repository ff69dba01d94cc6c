/** Networks and their weight files: what a config announces is what files hold. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadStateDict, openWeights, saveStateDict } from '@icconv/tensor-ops/weights';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  inceptionCounts,
  initResNet,
  PREFIXES,
  type ResNetConfig,
  renameFrom,
  resnetNames,
  resnetShapes,
} from '../../src/index';
import { activate } from '../support/activate';

const SMALL: ResNetConfig = { block: 'bottleneck', blocks: [1, 1, 1, 1], groupWidth: 16 };
const folder = mkdtempSync(join(tmpdir(), 'icconv-models-'));
beforeAll(() => activate('js'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function expectEqual(actual: Record<string, tf.Tensor>, expected: Record<string, tf.Tensor>): Promise<void> {
  expect(Object.keys(actual).sort()).toEqual(Object.keys(expected).sort());
  for (const [name, tensor] of Object.entries(expected)) {
    expect(actual[name]!.shape).toEqual(tensor.shape);
    const [found, wanted] = await Promise.all([actual[name]!.data(), tensor.data()]);
    // Element by element the matcher would take seconds.
    expect(Buffer.compare(Buffer.from(found.buffer), Buffer.from(wanted.buffer)), name).toBe(0);
  }
}

test('an inception network is saved branch by branch, as the published ones, and loaded again', async () => {
  const dilations = [16, 32, 64, 128].map((channels) =>
    Array.from({ length: channels }, (_, c) =>
      c < channels / 4 ? ([1, 1] as const) : ([2, 1 + (c % 2)] as const),
    ).sort((a, b) => a[0] - b[0] || a[1] - b[1]),
  );
  const pattern = { maxDilation: 2, layers: dilations.map((list) => ({ dilations: list })) };
  const config: ResNetConfig = { ...SMALL, conv: { kind: 'inception', pattern } };
  const counts = inceptionCounts(config);
  expect(counts['layer1.0.conv2']).toEqual([4, 6, 6]);
  const weights = initResNet(config, { seed: 1 });
  const path = await saveStateDict(weights, join(folder, 'branches.pth'), { inceptionCounts: counts });
  const file = await openWeights(path);
  expect([...file.entries.keys()].filter((name) => name.startsWith('layer1.0.conv2'))).toEqual(
    [0, 1, 2].map((n) => `layer1.0.conv2.conv_list.${n}.weight`),
  );
  await file.close();
  const loaded = await loadStateDict(path, { inceptionCounts: counts, expected: resnetShapes(config) });
  await expectEqual(loaded, weights);
  tf.dispose([weights, loaded]);
});

test("a detector's backbone is found under another library's names", async () => {
  const weights = initResNet(SMALL, { seed: 1 });
  const names = resnetNames(SMALL, 'detectron2');
  const theirs = Object.fromEntries(Object.entries(weights).map(([name, tensor]) => [names[name]!, tensor]));
  const { backbone } = PREFIXES.detectron2;
  const path = await saveStateDict(theirs, join(folder, 'detectron2.pth'), { prefix: backbone });
  const options = { prefix: backbone, rename: renameFrom(names), expected: resnetShapes(SMALL) };
  const loaded = await loadStateDict(path, options);
  await expectEqual(loaded, weights);
  tf.dispose([weights, loaded]);
});
