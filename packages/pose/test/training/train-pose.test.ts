/** A training's own evaluation against one of the weights that it has written. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeBackends } from '@icconv/test-utils';
import { afterAll, expect, test } from 'vitest';
import type { PoseConfig } from '../../src';
import { createPoseEstimator, estimateDataset, evaluatePose, trainPose } from '../../src/node';
import { activate } from '../support/activate';
import { paintedConfig } from '../support/painted';
import { paintedData } from '../support/painted-data';

const folder = mkdtempSync(join(tmpdir(), 'icconv-train-pose-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describeBackends(
  'trainPose',
  activate,
  () => {
    test('the best weights, loaded from their file, find what the training says they find, at any batch size', async () => {
      const base = paintedConfig(96);
      const config: PoseConfig = {
        ...base,
        backbone: { block: 'basic', blocks: [1, 1, 1, 1], width: 8 },
        head: { ...base.head, deconvs: Array.from({ length: 3 }, () => ({ channels: 16, kernel: 4 as const })) },
        input: { ...base.input, divisor: 32, sampling: 'half-pixel' },
        grouping: { ...base.grouping, detectionThreshold: 0.05 },
      };
      const data = await paintedData(folder, config.skeleton.keypoints);
      const recipe = { epochs: 40, batchSize: 3, learningRate: 5e-3, evaluateEvery: 40, augment: {}, seed: 4 };
      const run = join(folder, 'run');
      const common = { config, recipe, train: data, val: data, folder: run, workers: 0 };
      const { best } = await trainPose({ ...common, progress: false, handleInterrupt: false });
      expect(readdirSync(run)).toEqual(
        expect.arrayContaining(['model.json', 'config.yaml', 'curves.png', 'results.csv']),
      );
      const estimator = await createPoseEstimator(run);
      const found = await estimateDataset(estimator, data);
      expect(found.length).toBeGreaterThan(0);
      expect(best!.value).toBeGreaterThan(0);
      for (const batchSize of [1, 2, 4]) {
        expect(await estimateDataset(estimator, data, { batchSize })).toEqual(found);
        expect((await evaluatePose(run, data, { batchSize })).stats.AP).toBe(best!.value);
      }
      await estimator.dispose();
    }, 120_000);
  },
  ['native'],
);
