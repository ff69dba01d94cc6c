import { existsSync, readdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { readConfig } from '@icconv/base/config';
import { initResNet, type ResNetConfig } from '@icconv/models';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { readRows } from '../rows';
import { scratchFolder } from '../scratch-folder';
import { chart } from './chart';
import { type Starved, starvedSchema } from './config';
import { openData } from './data';
import { heightOfArea, openSplit, pictureOf, type SceneKind } from './dataset';
import { besideResults, measureFields, runStarved } from './experiment';
import { effectiveField } from './field';
import { candidateOf, type Field, type Row, type Stage, sizeClasses, table, verdicts } from './results';

const pose = await readConfig(join(import.meta.dirname, '../../starved/pose.yaml'), starvedSchema);

const folder = scratchFolder('starved-');

describe('scenes', () => {
  const side = 128;
  const options = { side, heights: [40, 120], count: [1, 2] } as const;
  const draw = (kind: SceneKind, seed: number) => pictureOf(seed, { kind, ...options });

  it.each<SceneKind>(['puppets', 'cloaks', 'boats', 'gates'])(
    'of %s: the same for a seed, objects in the picture and alike',
    (kind) => {
      expect(draw(kind, 3)).toEqual(draw(kind, 3));
      expect(draw(kind, 3).data).not.toEqual(draw(kind, 4).data);
      for (let seed = 0; seed < 30; seed++) {
        const objects = draw(kind, seed).objects as { bbox: number[]; area: number; keypoints?: number[] }[];
        expect(objects.length).toBeGreaterThan(0);
        for (const { bbox, keypoints = [] } of objects) {
          const [x, y, width, height] = bbox as [number, number, number, number];
          expect(Math.min(x, y)).toBeGreaterThanOrEqual(0);
          expect(Math.max(x + width, y + height)).toBeLessThanOrEqual(side);
          expect(keypoints.every((value) => value >= 0 && value < side)).toBe(true);
        }
        const heights = objects.map(({ area }) => heightOfArea(area));
        expect(Math.min(...heights)).toBeGreaterThan(0.89 * Math.max(...heights));
      }
    },
  );

  it("a boat's class is the color of what is above its hull by most of its height, and nothing else of it", () => {
    const seen = new Set<number>();
    for (let seed = 0; seed < 20; seed++) {
      const { data, objects } = draw('boats', seed);
      for (const one of objects as { category_id: number; bbox: number[]; area: number }[]) {
        const [x, y, width, hull] = one.bbox as [number, number, number, number];
        const height = heightOfArea(one.area);
        const [row, column] = [Math.floor(y + hull - height + 0.06 * height), Math.floor(x + width / 2)];
        const [red, , blue] = data.subarray(3 * (row * side + column));
        expect(red! > blue!).toBe(one.category_id === 1);
        expect(hull).toBeLessThan(0.2 * height);
        seen.add(one.category_id);
      }
    }
    expect([...seen].sort()).toEqual([1, 2]);
  });

  it('of cloaks show both ends of a figure and nothing where its other joints are', () => {
    const bright = (data: Uint8Array, x: number, y: number) =>
      Math.max(
        ...data.subarray(3 * (Math.floor(y) * side + Math.floor(x)), 3 * (Math.floor(y) * side + Math.floor(x)) + 3),
      );
    let between = 0;
    for (let seed = 0; seed < 20; seed++) {
      const { data, objects } = draw('cloaks', seed);
      for (const { keypoints } of objects as { keypoints: number[] }[]) {
        const at = (joint: number) => bright(data, keypoints[3 * joint]!, keypoints[3 * joint + 1]!);
        expect(Math.min(at(0), at(4))).toBeGreaterThan(200);
        between += Number(Math.max(at(1), at(2), at(3)) > 200);
      }
    }
    expect(between).toBe(0);
  });

  it('of gates have boxes from lintel to sill, and lone lintels without one', () => {
    let lone = 0;
    for (let seed = 0; seed < 20; seed++) {
      const { data, objects } = draw('gates', seed);
      const lit = (x: number, y: number) => {
        const [red, , blue] = data.subarray(3 * (Math.floor(y) * side + Math.floor(x)));
        return red! > 200 ? 'lintel' : blue! > 200 ? 'sill' : 'ground';
      };
      const boxes = (objects as { bbox: [number, number, number, number] }[]).map(({ bbox }) => bbox);
      for (const [x, y, width, height] of boxes) {
        expect([lit(x + width / 2, y + 4), lit(x + width / 2, y + height - 4)]).toEqual(['lintel', 'sill']);
        expect(lit(x + width / 2, y + height / 2)).toBe('ground');
      }
      const outside = (x: number) => boxes.every(([left, , width]) => x < left - 1 || x > left + width + 1);
      const pixels = Array.from({ length: side * side }, (_, i) => [i % side, Math.floor(i / side)] as const);
      const strays = pixels.filter(([x, y]) => outside(x) && lit(x, y) !== 'ground').map(([x, y]) => lit(x, y));
      expect(strays).not.toContain('sill');
      lone += Number(strays.length > 0);
    }
    expect(lone).toBeGreaterThan(2);
  });

  it('become data sets that are written once', async () => {
    const write = () => openSplit(folder(), 'test', 2, { kind: 'cloaks', ...options });
    const { dataset } = await write();
    expect(dataset.getImgIds()).toEqual([1, 2]);
    expect(existsSync(join(folder(), 'images/test-2.png'))).toBe(true);
    await rm(join(folder(), 'images'), { recursive: true });
    await write();
    expect(existsSync(join(folder(), 'images'))).toBe(false);
  });

  it.each(['digits', 'figures'] as const)('of the example with %s are made, and opened as files', async (kind) => {
    const beside = (path: string) => join(folder(), path);
    const made = await openData({ kind, train: 2, test: 1, folder: kind }, beside);
    expect([made.train, made.test].map(({ dataset }) => dataset.getImgIds().length)).toEqual([2, 1]);
    const split = (name: string) => ({ annotations: `${kind}/${name}.json`, images: `${kind}/images` });
    const opened = await openData({ kind: 'files', train: split('train'), test: split('test') }, beside);
    expect(opened.train.folder).toBe(made.train.folder);
    expect(opened.test.dataset.getAnnIds()).toEqual(made.test.dataset.getAnnIds());
    for (const { file_name } of opened.train.dataset.loadImgs(opened.train.dataset.getImgIds())) {
      expect(existsSync(join(opened.train.folder, file_name!))).toBe(true);
    }
  });
});

describe('the effective field', () => {
  const backbone: ResNetConfig = { block: 'basic', blocks: [1, 1, 1, 1], width: 4 };
  const fieldOf = (config: ResNetConfig) => {
    const weights = initResNet(config, { seed: 1 });
    const before = tf.memory().numTensors;
    const images = [tf.randomNormal<tf.Rank.R4>([1, 320, 320, 3], 0, 1, 'float32', 5)];
    const field = effectiveField(weights, config, '', images);
    expect(tf.memory().numTensors, 'tensors left over').toBe(before);
    tf.dispose(weights);
    return field;
  };

  it('lies within the 195 pixels that a plain network of one block a stage can see, a wide kernel sees farther', () => {
    const plain = fieldOf(backbone);
    const wide = fieldOf({ ...backbone, conv: { kind: 'super', size: 9 } });
    // The unit's own middle is 16 pixels from where its field is centred, at most.
    for (const axis of ['height', 'width'] as const) {
      expect(plain[axis]).toBeLessThanOrEqual(195 + 32);
      expect(wide[axis]).toBeGreaterThan(plain[axis] + 32);
    }
  });
});

describe('the experiment', () => {
  it('goes on where it was stopped and comes to the same results', async () => {
    const recipe = { ...pose.recipe, epochs: 1, batchSize: 2, warmUpSteps: 1 };
    const small: Starved = {
      ...(pose as Extract<Starved, { task: 'pose' }>),
      data: { kind: 'cloaks', side: 64, heights: [30, 60], count: [1, 1], train: 4, test: 2, folder: 'data' },
      model: {
        ...pose.model,
        backbone: { ...pose.model.backbone, width: 2 },
        maxDilation: 2,
        config: { head: { deconvs: [{ channels: 4, kernel: 2 }] }, input: { size: 64, divisor: 32 } },
      },
      seeds: [1],
      methods: ['plain-scratch', 'random-1', 'edo-expectation', 'darts', 'spos'],
      spos: { population: 4, generations: 2, mutation: 0.2, pictures: 2 },
      superRecipe: { ...recipe, epochs: 2 },
      recipe,
      readiness: [0, 1, 3],
      statisticsImages: 1,
      sizes: [45],
    };
    const splits = await openData(small.data, (path) => join(folder(), path));
    const paths = (name: string) => ({ results: join(folder(), `${name}.csv`), folder: join(folder(), name) });
    const plain = (name: string) =>
      readRows<Row>(paths(name).results).map(({ superSeconds, selectSeconds, trainSeconds, ...row }) => row);
    const tensors = tf.memory().numTensors;
    await runStarved(small, splits, paths('whole'));
    await measureFields(small, splits, paths('whole'));
    expect(tf.memory().numTensors, 'tensors left over').toBe(tensors);

    const stop = new AbortController();
    const broken = runStarved(small, splits, paths('broken'), {
      signal: stop.signal,
      onRow: ({ method }) => {
        if (method === 'plain-scratch') stop.abort(new Error('stopped'));
      },
    });
    await expect(broken).rejects.toThrow('random-1 of seed 1 was interrupted');
    await runStarved(small, splits, paths('broken'));
    expect(plain('broken')).toEqual(plain('whole'));

    const rows = readRows<Row>(paths('whole').results);
    expect(rows.map(({ method, updates }) => [method, updates])).toEqual([
      ['super', 4],
      ...small.methods.map((method) => [method, 6]),
    ]);
    const stages = readRows<Stage>(besideResults(paths('broken').results, 'super'));
    expect(stages.map(({ updates }) => updates)).toEqual([0, 1, 3]);
    for (const { best, random } of stages) expect(best).toBeLessThan(random);
    const fields = readRows<Field>(besideResults(paths('whole').results, 'fields'));
    expect(fields.map(({ method }) => method)).toEqual(['super', ...small.methods]);
    expect(chart({ rows, fields, stages }, small)).toMatch(/^<svg/);
  }, 240_000);
});

describe('results', () => {
  const config = { ...pose, sizes: [50], win: { of: ['edo-weight-l1', 'edo-output-error'], deviations: 2 } } as Starved;
  const row = (method: string, seed: number, AP: number, large = AP): Row => ({
    ...{ method, seed, AP, 'AP to 50': AP, 'AP above 50': large },
    ...{ lost: 0.8, undilated: 0.1, updates: 10, superSeconds: 1, trainSeconds: 1 },
  });
  const rows = [
    ...[row('plain-scratch', 1, 0.5, 0.3), row('plain-scratch', 2, 0.52, 0.3)],
    ...[row('edo-weight-l1', 1, 0.7), row('edo-weight-l1', 2, 0.73)],
    ...[row('edo-output-error', 1, 0.6), row('edo-output-error', 2, 0.6)],
    ...[row('random-1', 1, 0.6), row('random-2', 1, 0.62), row('random-1', 2, 0.72)],
  ];

  it('compare the better of the methods that may win with the others, paired by seed', () => {
    expect(candidateOf(rows, config)).toBe('edo-weight-l1');
    expect(table(rows, [], config)).toContain('| random | 0.665 ± 0.078 | 0.050 ± 0.057 |');
    const [plain, random, largest] = verdicts(rows, config);
    // 0.2 and 0.21; 0.09 and 0.01.
    expect(plain).toMatchObject({ holds: true, value: expect.closeTo(0.205 / Math.sqrt(0.00005), 6) });
    expect(random).toMatchObject({ holds: false, value: expect.closeTo(0.05 / Math.sqrt(0.0032), 6) });
    expect(largest).toMatchObject({ holds: true, value: expect.closeTo(0.21, 6) });
  });

  it('classes of size meet without a gap', () => {
    expect(sizeClasses({ sizes: [50, 90] })).toEqual([
      { label: 'AP to 50', above: 0, to: 50 },
      { label: 'AP to 90', above: 50, to: 90 },
      { label: 'AP above 90', above: 90, to: Number.POSITIVE_INFINITY },
    ]);
  });
});

it('the published configurations are read', async () => {
  const folder = join(import.meta.dirname, '../../starved');
  const paths = readdirSync(folder).filter((name) => name.endsWith('.yaml'));
  const tasks = await Promise.all(
    paths.map(async (name) => (await readConfig(join(folder, name), starvedSchema)).task),
  );
  expect(new Set(tasks)).toEqual(new Set(['detection', 'pose']));
  await expect(readConfig(join(folder, 'pose.yaml'), starvedSchema, ['data.kind=boats'])).rejects.toThrow('data.kind');
});
