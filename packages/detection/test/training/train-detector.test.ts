/** Whole trainings on small data: what goes wrong in other stacks works here. */
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CocoDataset } from '@icconv/coco';
import type { CocoData } from '@icconv/coco/node';
import type { StateDict } from '@icconv/models';
import { describeBackends } from '@icconv/test-utils';
import { FrozenRandomWeightsError, NonFiniteLossError } from '@icconv/training';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, expect, test } from 'vitest';
import { initFasterRcnn } from '../../src';
import {
  createDetector,
  type DetectionRecipe,
  evaluateDetector,
  type TrainDetectorOptions,
  trainDetector,
} from '../../src/node';
import { activate } from '../support/activate';
import { boxesData, tinyConfig } from './boxes-data';

const root = mkdtempSync(join(tmpdir(), 'icconv-train-detector-'));
afterAll(() => rmSync(root, { recursive: true }));

const recipe: DetectionRecipe = {
  epochs: 2,
  batchSize: 2,
  learningRate: 0.01,
  warmUpSteps: 2,
  clipNorm: 5,
  seed: 3,
  augment: { flip: 0.5, colour: { brightness: 0.1 } },
};

async function run(train: CocoData, options: Partial<TrainDetectorOptions> = {}, own: Partial<DetectionRecipe> = {}) {
  const config = tinyConfig(train.dataset.categories.length);
  const weights = initFasterRcnn(config, { seed: 1 });
  const given = { config, weights, train, recipe: { ...recipe, ...own }, workers: 0, progress: false as const };
  try {
    const result = await trainDetector({ ...given, handleInterrupt: false, ...options });
    return { ...result, print: fingerprint(weights) };
  } finally {
    tf.dispose(weights);
  }
}

function fingerprint(weights: StateDict): string {
  const hash = createHash('sha256');
  for (const name of Object.keys(weights).sort())
    hash.update(name).update(weights[name]!.dataSync<'float32'>().slice());
  return hash.digest('hex');
}

const finite = ({ rows }: Awaited<ReturnType<typeof run>>) =>
  rows.every((row) => Object.values(row).every((value) => value === undefined || Number.isFinite(value)));

describeBackends(
  'trainDetector',
  activate,
  () => {
    test('learns: the best weights, loaded from their file, find what the training says they find', async () => {
      const data = await boxesData(join(root, 'learn'), { pictures: 12 });
      const sizes = [
        [96, 96],
        [64, 96],
        [96, 70],
      ] as const;
      const val = await boxesData(join(root, 'learn-val'), { pictures: 12, sizes });
      const folder = join(root, 'learn-run');
      const { best, rows } = await run(data, { folder, val }, { epochs: 20, evaluateEvery: 20, learningRate: 0.03 });
      // Untrained: below 0.01.
      expect(rows.at(-1)!['val/AP50']).toBeGreaterThan(0.05);
      expect(rows).toHaveLength(20);
      for (const batchSize of [1, 2, 4]) {
        const { stats } = await evaluateDetector(folder, val, { batchSize });
        expect(stats.AP).toBe(best!.value);
      }
      const detector = await createDetector(folder);
      const { stats } = await evaluateDetector(detector, data);
      expect(detector.classes).toEqual(data.dataset.categories.map(({ name }) => name));
      await detector.dispose();
      // Between 0.13 and 0.38 by the recipe's seed.
      expect(stats.AP50).toBeGreaterThan(0.1);
      const left = ['model.json', 'config.yaml', 'curves.svg', 'curves.png', 'best.safetensors', 'final.safetensors'];
      expect(readdirSync(folder)).toEqual(expect.arrayContaining(left));
      expect(readFileSync(join(folder, 'results.csv'), 'utf8').split('\n')[0]).toContain('train/rpnBox');
    });

    test('a run cut off anywhere ends with the weights of an unbroken one', async () => {
      const data = await boxesData(join(root, 'resume'), { pictures: 7, empty: [2] });
      const unbroken = await run(data, { folder: join(root, 'unbroken') });
      const folder = join(root, 'broken');
      let last: Awaited<ReturnType<typeof run>> | undefined;
      for (let part = 0; last?.reason !== 'finished'; part++) {
        expect(part).toBeLessThan(9);
        const controller = new AbortController();
        let seen = 0;
        // The third picture that is asked for ends the part.
        const train = { ...data };
        const progress = {
          update: () => void (++seen === 3 && controller.abort(new DOMException('enough', 'AbortError'))),
          line: () => {},
          stop: () => {},
        };
        last = await run(train, { folder, resume: true, signal: controller.signal, progress });
      }
      expect(last.print).toBe(unbroken.print);
      expect(last.steps).toBe(unbroken.steps);
    });

    test.each([
      ['pictures without objects, alone and in a batch', { pictures: 4, empty: [0, 1, 3] }, {}],
      ['one class', { pictures: 4, categoryIds: [1] }, {}],
      ['ids with gaps, unordered', { pictures: 4, categoryIds: [90, 7] }, {}],
      ['a class that is never seen', { pictures: 4, categoryIds: [1, 2, 3], unseen: [2] }, {}],
      ['boxes that the crop empties', { pictures: 4 }, { augment: { crop: [32, 32] as const } }],
    ])('%s: losses stay finite', async (name, options, own) => {
      const data = await boxesData(join(root, name), options);
      expect(finite(await run(data, { val: data }, { ...own, epochs: 1 }))).toBe(true);
    });

    /** The pictures of a data set with other annotations. */
    const withAnnotations = ({ dataset, folder }: CocoData, annotations: object[], categories?: object[]) => {
      const images = dataset.loadImgs(dataset.getImgIds());
      const numbered = annotations.map((one, i) => ({ id: i + 1, category_id: 1, area: 400, iscrowd: 0, ...one }));
      const file = { images, categories: categories ?? dataset.categories, annotations: numbered };
      return { dataset: CocoDataset.parse(file as never), folder };
    };
    const ODD = [
      { image_id: 1, bbox: [10, 10, 0, 20] },
      { image_id: 2, bbox: [0, 0, 96, 96], iscrowd: 1 },
      { image_id: 2, bbox: [200, 0, 20, 20] },
      { image_id: 2 },
    ];

    test('zero-sized boxes, boxes outside and crowds teach nothing and do no harm', async () => {
      const data = await boxesData(join(root, 'odd'), { pictures: 2 });
      const odd = withAnnotations(data, [...ODD, { image_id: 1, bbox: [10, 10, 20, 20] }]);
      expect(finite(await run(odd, { val: odd }, { epochs: 1 }))).toBe(true);
    });

    test('where nothing is left to learn or to score, the training does not begin', async () => {
      const data = await boxesData(join(root, 'nothing'), { pictures: 2 });
      const folder = join(root, 'nothing-run');
      await expect(run(withAnnotations(data, ODD), { folder })).rejects.toThrow(
        /training data: nothing to learn from: of 4 annotations, 1 marked as crowd.*1 without box and mask.*without width.*outside/,
      );
      await expect(run(withAnnotations(data, []), { folder })).rejects.toThrow(/2 pictures have no annotation/);
      const val = withAnnotations(data, [{ image_id: 1, bbox: [0, 0, 9, 9], iscrowd: 1 }]);
      await expect(run(data, { val, folder })).rejects.toThrow(/validation data: nothing to score/);
      expect(existsSync(folder)).toBe(false);
    });

    test('objects that have only a mask are learned and scored by its box', async () => {
      const data = await boxesData(join(root, 'masks'), { pictures: 4 });
      const masks = data.dataset.loadAnns(data.dataset.getAnnIds()).map(({ bbox, ...rest }) => {
        const [x, y, w, h] = bbox as [number, number, number, number];
        return { ...rest, segmentation: [[x, y, x + w, y, x + w, y + h, x, y + h]] };
      });
      const masked = withAnnotations(data, masks);
      const [boxes, same] = [await run(data, { val: data }), await run(masked, { val: masked })];
      expect(same.print).toBe(boxes.print);
      expect(same.rows.at(-1)!['val/AP']).toBe(boxes.rows.at(-1)!['val/AP']);
    });

    test('classes of the validation set are found by name; those it lacks are not scored, others of its neither', async () => {
      const data = await boxesData(join(root, 'names'), { pictures: 4 });
      const all = data.dataset.loadAnns(data.dataset.getAnnIds());
      const [one, two] = data.dataset.categories;
      const scored = async (val: CocoData) => (await run(data, { val }, { epochs: 1 })).rows[0]!['val/AR100'];
      const renumbered = all.map((object) => ({ ...object, category_id: object.category_id === one!.id ? 20 : 10 }));
      const other = withAnnotations(data, renumbered, [
        { ...two, id: 10 },
        { ...one, id: 20 },
      ]);
      expect(await scored(other)).toBe(await scored(data));
      const first = all.filter(({ category_id }) => category_id === one!.id);
      const part = await scored(withAnnotations(data, first, [one!]));
      expect(part).toBe(
        await scored(
          withAnnotations(
            data,
            [...first, { image_id: 1, category_id: 9, bbox: [0, 0, 9, 9] }],
            [one!, { id: 9, name: 'green' }],
          ),
        ),
      );
      await expect(scored(withAnnotations(data, first, [{ ...one, name: 'yellow' }]))).rejects.toThrow(/not learned/);
    });

    test('a picture that cannot be read stops it, or is left out and listed', async () => {
      const data = await boxesData(join(root, 'unreadable'), { pictures: 3 });
      writeFileSync(join(data.folder, '1.png'), 'no picture');
      await expect(run(data)).rejects.toThrow(/1\.png: cannot be decoded/);
      const { unreadable, reason } = await run(data, { onUnreadable: 'skip' }, { batchSize: 1 });
      expect(reason).toBe('finished');
      expect(unreadable).toEqual([{ path: join(data.folder, '1.png'), reason: 'it is no picture of a known format' }]);
      const readable = [1, 3];
      const without = { ...data, imageIds: readable };
      expect((await run(without, { val: without })).unreadable).toEqual([]);
    });

    test('a loss that is not finite stops with the name of the picture and saves nothing', async () => {
      const data = await boxesData(join(root, 'nan'), { pictures: 2 });
      const folder = join(root, 'nan-run');
      const config = tinyConfig(2);
      const weights = initFasterRcnn(config, { seed: 1 });
      weights['rpn.head.bbox_pred.bias']!.dispose();
      weights['rpn.head.bbox_pred.bias'] = tf.fill(
        weights['rpn.head.cls_logits.bias']!.shape.map((n) => 4 * n),
        NaN,
      );
      const error = await run(data, { folder, weights }).catch((reason: unknown) => reason);
      tf.dispose(weights);
      expect(error).toBeInstanceOf(NonFiniteLossError);
      expect((error as Error).message).toMatch(/[01]\.png/);
      expect(existsSync(join(folder, 'last.safetensors'))).toBe(false);
    });

    test('freezing random weights is refused, freezing loaded ones keeps them', async () => {
      const data = await boxesData(join(root, 'freeze'), { pictures: 2 });
      await expect(run(data, {}, { freezeAt: 2 })).rejects.toThrow(FrozenRandomWeightsError);
      const config = tinyConfig(2);
      const weights = initFasterRcnn(config, { seed: 1 });
      const before = Object.fromEntries(
        Object.entries(weights).map(([name, tensor]) => [name, tensor.dataSync().slice()]),
      );
      const options = { weights, pretrained: Object.keys(weights) };
      await run(data, options, { freezeAt: 2, norms: 'frozen', epochs: 1 });
      const changed = (name: string) => weights[name]!.dataSync().some((value, i) => value !== before[name]![i]);
      expect(changed('backbone.body.conv1.weight')).toBe(false);
      expect(changed('backbone.body.layer1.0.conv2.weight')).toBe(false);
      expect(changed('backbone.body.layer2.0.bn1.weight')).toBe(false);
      expect(changed('backbone.body.layer2.0.bn1.running_mean')).toBe(false);
      expect(changed('backbone.body.layer2.0.conv1.weight')).toBe(true);
      tf.dispose(weights);
    });

    test('accumulation, averages and the GIoU loss', async () => {
      const data = await boxesData(join(root, 'more'), { pictures: 6 });
      const config = tinyConfig(2);
      const giou = { ...config, roi: { ...config.roi, boxLoss: 'giou' as const } };
      const result = await run(data, { config: giou, val: data }, { accumulate: 2, emaDecay: 0.99, epochs: 1 });
      expect(finite(result)).toBe(true);
      expect(result.steps).toBe(2);
    });

    test('nothing leaks', async () => {
      const data = await boxesData(join(root, 'leak'), { pictures: 4 });
      await run(data, { val: data }, { epochs: 1, emaDecay: 0.9 });
      const before = tf.memory().numTensors;
      await run(data, { val: data }, { epochs: 2, emaDecay: 0.9 });
      expect(tf.memory().numTensors).toBe(before);
    });
  },
  ['native'],
);
