/** A training's own evaluation against one of the weights that it has written. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CocoDataset } from '@icconv/coco';
import type { CocoData } from '@icconv/coco/node';
import { describeBackends } from '@icconv/test-utils';
import sharp from 'sharp';
import { afterAll, expect, test } from 'vitest';
import type { PoseConfig } from '../../src';
import { createPoseEstimator, estimateDataset, evaluatePose, trainPose } from '../../src/node';
import { activate } from '../support/activate';
import { type PaintedPicture, painted, paintedConfig } from '../support/painted';

const folder = mkdtempSync(join(tmpdir(), 'icconv-train-pose-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Two people a picture, of three sizes in turns. */
const PICTURES: readonly PaintedPicture[] = [
  [96, 128],
  [128, 96],
  [96, 150],
].flatMap(([height, width], i) => [
  {
    height: height!,
    width: width!,
    people: [
      [20 + 3 * i, 25, 45, 40 + 2 * i, 60],
      [70, 60 - 3 * i, 85, 75, 200],
    ],
  },
  { height: height!, width: width!, people: [[40, 30 + 5 * i, 75 - i, 70, 140]] },
]);

async function paintedData(config: PoseConfig): Promise<CocoData> {
  const images = await Promise.all(
    PICTURES.map(async (picture, i) => {
      const { data, width, height } = painted(picture);
      await sharp(data, { raw: { width, height, channels: 3 } })
        .png()
        .toFile(join(folder, `${i}.png`));
      return { id: i + 1, file_name: `${i}.png`, width, height };
    }),
  );
  const annotations = PICTURES.flatMap(({ people }, i) =>
    people.map(([x0, y0, x1, y1]) => {
      const [x, y, w, h] = [Math.min(x0, x1) - 5, Math.min(y0, y1) - 5, Math.abs(x1 - x0) + 10, Math.abs(y1 - y0) + 10];
      const keypoints = [x0, y0, 2, x1, y1, 2];
      return {
        image_id: i + 1,
        category_id: 1,
        keypoints,
        num_keypoints: 2,
        bbox: [x, y, w, h],
        area: w * h,
        iscrowd: 0,
      };
    }),
  ).map((annotation, i) => ({ ...annotation, id: i + 1 }));
  const categories = [{ id: 1, name: 'person', keypoints: config.skeleton.keypoints, skeleton: [[1, 2]] }];
  return { dataset: CocoDataset.parse({ images, annotations, categories } as never), folder };
}

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
      const data = await paintedData(config);
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
