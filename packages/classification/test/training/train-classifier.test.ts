/** From folders of pictures to a classifier that says what they show, here and in another process. */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CocoDataset, CocoError } from '@icconv/coco';
import { openData } from '@icconv/coco/node';
import { initResNet } from '@icconv/models';
import { searchModel, trainTask } from '@icconv/task';
import { saveStateDict } from '@icconv/tensor-ops/weights';
import { describeBackends } from '@icconv/test-utils';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, expect, test } from 'vitest';
import {
  CLASSIFICATION,
  classifierPreset,
  createClassifier,
  createRemoteClassifier,
  evaluateClassifier,
  trainClassifier,
} from '../../src/node';
import { activate } from '../support/activate';
import { CLASSES, classFolder } from '../support/class-folder';

const root = mkdtempSync(join(tmpdir(), 'icconv-train-classifier-'));
const path = (...names: string[]) => join(root, ...names);
afterAll(() => rmSync(root, { recursive: true }));

const BACKBONE = { block: 'basic', blocks: [1, 1, 1, 1], width: 8 } as const;
const TINY = {
  model: {
    backbone: BACKBONE,
    config: { input: { size: 48, crop: 40 } },
  },
  recipe: { epochs: 12, batchSize: 8, warmUpSteps: 5, evaluateEvery: 6, seed: 2 },
};
const QUIET = { workers: 0, progress: false, handleInterrupt: false } as const;

describeBackends(
  'trainClassifier',
  activate,
  () => {
    test('learns: the folder it leaves says of pictures what the training says it does', async () => {
      const [train, val] = [await classFolder(path('train'), 16, 'train'), await classFolder(path('val'), 5, 'val')];
      const folder = path('run');
      const preset = await classifierPreset('small', train.dataset, TINY);
      expect(preset.classes).toEqual(CLASSES);
      const before = tf.memory().numTensors;
      const { best, rows } = await trainClassifier({ ...preset, train, val, folder, ...QUIET });
      expect(tf.memory().numTensors).toBe(before);
      expect(best!.metric).toBe('top1');
      // A third by chance.
      expect(best!.value).toBeGreaterThan(0.9);
      expect(rows.at(-1)!['val/top5']).toBe(1);
      expect(Number(rows.at(-1)!['train/crossEntropy'])).toBeLessThan(Number(rows[0]!['train/crossEntropy']));
      expect(readdirSync(folder)).toEqual(expect.arrayContaining(['model.json', 'best.safetensors', 'curves.png']));

      for (const batchSize of [1, 4]) {
        const { stats, pictures } = await evaluateClassifier(folder, val, { batchSize });
        expect(stats.top1).toBe(best!.value);
        expect(pictures).toBe(15);
      }
      const classifier = await createClassifier(folder);
      expect(classifier.classes).toEqual(CLASSES);
      const pictures = CLASSES.map((name) => path('train', name, '0.png'));
      const results = await classifier.classify(pictures);
      expect(results.map(({ classes }) => classes[0]!.label)).toEqual(CLASSES);
      for (const { classes } of results) {
        expect(classes).toHaveLength(3);
        expect(classes.reduce((sum, { score }) => sum + score, 0)).toBeCloseTo(1, 5);
        for (const { label, classId } of classes) expect(label).toBe(CLASSES[classId]);
      }
      const sure = await classifier.classify(pictures[0]!, { topK: 2, scoreThreshold: 0.5 });
      expect(sure.classes).toEqual(results[0]!.classes.slice(0, 1));
      await expect(classifier.classify(pictures[0]!, { topK: 0 })).rejects.toThrow(/topK.*whole number of at least 1/);
      const [broken] = await classifier.classify([path('none.png')], { onError: 'report' });
      expect(broken).toMatchObject({ classes: [], error: { code: 'ICCONV_IMAGE_DECODE' } });
      await classifier.dispose();

      const remote = await createRemoteClassifier(folder, { device: 'cpu' });
      try {
        expect(await remote.classify(pictures)).toEqual(results);
        expect((await evaluateClassifier(remote, val)).stats.top1).toBe(best!.value);
      } finally {
        await remote.dispose();
      }
    }, 120_000);

    test('a picture that cannot be read is wrong, one without a label does not count', async () => {
      const val = await openData({ annotations: path('val') });
      const { images, categories, annotations } = JSON.parse(JSON.stringify(val.dataset.toJson()));
      const first = annotations[0];
      const dataset = CocoDataset.parse({
        images: [...images, { id: 98, file_name: 'none.png' }, { id: 99, file_name: images[0].file_name }],
        // The first picture has two labels now, the last none.
        annotations: [...annotations, { ...first, id: 97, category_id: 2 }, { ...first, id: 98, image_id: 98 }],
        categories: [...categories, { id: 7, name: 'unknown' }],
      });
      const whole = await evaluateClassifier(path('run'), val);
      const some = await evaluateClassifier(path('run'), { ...val, dataset }, { onUnreadable: 'skip' });
      expect(some.pictures).toBe(15);
      expect(whole.stats.top1 - some.stats.top1).toBeCloseTo(1 / 15, 6);
      const none = CocoDataset.parse({ images, categories, annotations: [] });
      await expect(evaluateClassifier(path('run'), { ...val, dataset: none })).rejects.toThrow(/nothing to score/);
    });

    test('a first class that the data lack is a wrong one', async () => {
      const val = await openData({ annotations: path('val') });
      const { images, annotations } = JSON.parse(JSON.stringify(val.dataset.toJson()));
      const discs = annotations.filter((one: { category_id: number }) => one.category_id === 2);
      const dataset = CocoDataset.parse({
        images,
        categories: [{ id: 40, name: 'disc' }],
        annotations: discs.map((one: object) => ({ ...one, category_id: 40 })),
      });
      const { 'fc.bias': bias, ...body } = initResNet({ ...BACKBONE, classes: 3 }, { seed: 1 });
      // Bar, then disc, whatever the picture.
      const weights = { ...body, 'fc.bias': tf.tensor1d([200, 100, 0]) };
      const source = { backbone: BACKBONE, weights, classes: CLASSES };
      const { stats, pictures } = await evaluateClassifier(source, { ...val, dataset });
      expect({ stats, pictures }).toEqual({ stats: { top1: 0, top5: 1 }, pictures: 5 });
      tf.dispose([weights, bias!]);
    });

    test('what cannot be learned is refused', async () => {
      const train = await openData({ annotations: path('train') });
      const { config, classes, recipe } = await classifierPreset('small', train.dataset, TINY);
      mkdirSync(path('one', 'only'), { recursive: true });
      for (const name of ['a.png', 'b.png']) writeFileSync(path('one', 'only', name), '');
      const one = await openData({ annotations: path('one') }, { check: false });
      const refused = trainClassifier({ config, recipe, train: one, ...QUIET });
      await expect(refused).rejects.toThrow(CocoError);
      await expect(refused).rejects.toThrow(/all labels are of one class, only/);
      const other = trainClassifier({ config, recipe, classes: ['disc', 'cross'], train, ...QUIET });
      await expect(other).rejects.toThrow(
        /among the categories of the data set \(bar, disc, square\), received "cross"/,
      );
      const augment = { mosaic: { probability: 1 } };
      const mosaic = trainClassifier({ config, classes, recipe: { ...recipe, augment }, train, ...QUIET });
      await expect(mosaic).rejects.toThrow(/augment.mosaic/);
    });

    test('a checkpoint of another network is named', async () => {
      const weights = initResNet({ ...BACKBONE, classes: 5 }, { seed: 1 });
      const file = await saveStateDict(weights, path('five.safetensors'));
      tf.dispose(weights);
      await expect(createClassifier({ model: path('run'), weights: file })).rejects.toThrow(/fc\.weight/);
      await expect(createClassifier({ backbone: BACKBONE, weights: file })).rejects.toThrow(/fc\.weight.*1000/s);
      const classes = ['a', 'b', 'c', 'd', 'e'];
      const classifier = await createClassifier({ backbone: BACKBONE, weights: file, classes });
      const { classes: found } = await classifier.classify(path('val', 'disc', '0.png'), { topK: 9 });
      expect(found.map(({ label }) => label).sort()).toEqual(classes);
      await classifier.dispose();

      // As a backbone it fits all the same.
      const train = await openData({ annotations: path('train') });
      const preset = await classifierPreset('small', train.dataset, { ...TINY, recipe: { ...TINY.recipe, epochs: 1 } });
      const notes: string[] = [];
      const onNote = (line: string) => notes.push(line);
      const start = { from: file, part: 'backbone' } as const;
      await trainClassifier({ ...preset, train, start, onNote, ...QUIET });
      expect(notes).toEqual([]);
      await trainClassifier({ ...preset, train, start: { from: file }, onNote, ...QUIET });
      expect(notes.join('\n')).toMatch(/fc\.weight: random, as the file's shape is \[64,5\] and not \[64,3\]/);
    });

    test('dilations are searched and trained on', async () => {
      const train = await openData({ annotations: path('train') });
      const changes = { ...TINY, model: { ...TINY.model, super: { maxDilation: 2 } } };
      const { recipe, ...model } = await classifierPreset('small', train.dataset, changes);
      const short = { ...recipe, epochs: 1, labelSmoothing: 0 };
      await trainTask(CLASSIFICATION, { model, recipe: short, train, folder: path('super'), ...QUIET });
      const { config } = await searchModel(CLASSIFICATION, path('super'), path('found'));
      expect(config.conv).toMatchObject({ kind: 'inception' });
      const classifier = await createClassifier(path('found'));
      expect(classifier.classes).toEqual(CLASSES);
      const retrained = { ...short, epochs: 2 };
      const start = { from: path('found') };
      await trainTask(CLASSIFICATION, { model: classifier.model, recipe: retrained, train, start, ...QUIET });
      await classifier.dispose();
    }, 60_000);
  },
  ['native'],
);
