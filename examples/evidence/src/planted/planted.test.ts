import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { seededRandom } from '@icconv/training';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { appendRow, readRows } from '../rows';
import { evolve } from '../sampling';
import { scratchFolder } from '../scratch-folder';
import { chart } from './chart';
import { type Planted, readPlanted } from './config';
import { drawBatch, plantedData, plantedDilations } from './data';
import { runPlanted } from './experiment';
import { type Row, table, verdicts } from './results';
import { choicesOf, masked } from './spos';

/** The configuration of the published numbers. */
const PUBLISHED = join(import.meta.dirname, '../../planted/planted.yaml');
const published = await readPlanted(PUBLISHED);

const small: Planted = {
  ...published,
  data: { side: 12, channels: 1, groups: 1, maxDilation: 2, mean: 0, testBatches: 2 },
  channelsPerGroup: 2,
  seeds: [1],
  training: { ...published.training, batchSize: 4, superSteps: 6, steps: 3, stepsPerEpoch: 4 },
  statisticsBatches: 1,
  spos: { population: 4, generations: 2, mutation: 0.2, batches: 1 },
};

const folder = scratchFolder('planted-');

describe('planted data', () => {
  const data = { ...published.data, side: 16, channels: 2, groups: 4 };
  const planted = plantedDilations(data, 5);
  const count = 6;
  const { images, labels } = drawBatch(seededRandom(7), count, planted, data);
  const inner = data.side - 2 * data.maxDilation;

  /** Share of labels that the sign of the product of two pixels gives. */
  const agreement = (g: number, [oneH, oneW]: readonly number[], [otherH, otherW]: readonly number[]) => {
    let right = 0;
    for (let n = 0; n < count; n++) {
      for (let row = 0; row < inner; row++) {
        for (let column = 0; column < inner; column++) {
          const at = (h: number, w: number) =>
            images[
              ((n * data.side + row + data.maxDilation + h) * data.side + column + data.maxDilation + w) * 2 + (g % 2)
            ]!;
          const label = labels[((n * inner + row) * inner + column) * planted.length + g];
          right += Number(at(oneH!, oneW!) * at(otherH!, otherW!) > 0) === label ? 1 : 0;
        }
      }
    }
    return right / (count * inner * inner);
  };

  it('has maps of different dilations, none that a plain kernel reads', () => {
    expect(new Set(planted.map(String)).size).toBe(4);
    expect(planted).not.toContainEqual([1, 1]);
    expect(plantedDilations(data, 5)).toEqual(planted);
    expect(plantedDilations(data, 6)).not.toEqual(planted);
  });

  it('has labels that the planted pair of pixels decides, and no other pair', () => {
    for (const [g, [dh, dw]] of planted.entries()) {
      expect(agreement(g, [dh, dw], [-dh, -dw])).toBe(1);
      expect(Math.abs(agreement(g, [1, 1], [-1, -1]) - 0.5)).toBeLessThan(0.1);
      expect(Math.abs(agreement(g, [dh, dw], [0, 0]) - 0.5)).toBeLessThan(0.1);
      expect(Math.abs(agreement(g, [dh, -dw], [-dh, dw]) - 0.5)).toBeLessThan(0.1);
    }
  });

  it('gives the same batch at the same position, and another at the next', () => {
    const loader = plantedData(small, plantedDilations(small.data, 1), 1);
    const [one, again, next] = [0, 0, 1].map((batch) => {
      const drawn = loader.batch({ epoch: 2, batch });
      const values = drawn.images.dataSync();
      drawn.dispose();
      return values;
    });
    expect(again).toEqual(one);
    expect(next).not.toEqual(one);
  });
});

describe('the searches it is compared with find the dilation of a toy, one of four', () => {
  const toy: Planted = {
    ...small,
    channelsPerGroup: 4,
    methods: ['darts', 'spos', 'edo-weight-l1'],
    training: { ...small.training, batchSize: 16, superSteps: 200, stepsPerEpoch: 200 },
    spos: { population: 16, generations: 8, mutation: 0.2, batches: 2 },
  };

  it('by their networks', async () => {
    const results = join(folder(), 'toy.csv');
    await runPlanted(toy, { results, folder: folder() });
    const rows = readRows<Row>(results).filter(({ method }) => method !== 'super');
    for (const { method, weightedRecovery } of rows) expect(weightedRecovery, method).toBeGreaterThan(0.7);
  }, 60_000);

  it('evolution climbs to the best of a fitness', () => {
    const goal = Array.from({ length: 4 }, () => [2, 1]);
    const fitness = (pattern: readonly (readonly number[])[]) =>
      pattern.filter((dilation, o) => String(dilation) === String(goal[o])).length;
    const evolution = { ...toy.spos, generations: 30 };
    expect(evolve(evolution, choicesOf(toy), seededRandom(3), fitness)).toEqual(goal);
  });

  it('a masked super-kernel keeps nine taps', () => {
    tf.tidy(() => {
      const weights = { 'conv.weight': tf.ones([5, 5, 1, 2]) };
      const output = masked(
        [
          [2, 1],
          [1, 1],
        ],
        small,
      )(weights, tf.ones([1, 9, 9, 1]));
      expect(Array.from(tf.slice(output, [0, 4, 4, 0], [1, 1, 1, 2]).dataSync())).toEqual([9, 9]);
    });
  });
});

describe('the experiment', () => {
  it('goes on where it was stopped and comes to the same results', async () => {
    const run = (name: string, more = {}) =>
      runPlanted(small, { results: join(folder(), `${name}.csv`), folder: join(folder(), name) }, more);
    const plain = ({ method, accuracy, recovery, weightedRecovery }: Row) => ({
      method,
      accuracy,
      recovery,
      weightedRecovery,
    });
    const tensors = tf.memory().numTensors;
    await run('whole');
    expect(tf.memory().numTensors, 'tensors left over').toBe(tensors);

    const stop = new AbortController();
    const onUpdate = (name: string, step: number) => {
      if (name === 'darts-search' && step === 3) stop.abort(new Error('stopped'));
    };
    await expect(run('broken', { signal: stop.signal, onUpdate })).rejects.toThrow(
      'darts-search of seed 1 was interrupted',
    );
    expect(existsSync(join(folder(), 'broken.csv'))).toBe(true);
    const trained: string[] = [];
    await run('broken', { onUpdate: (name: string) => trained.push(name) });
    expect(trained.filter((name) => name === 'darts-search').length).toBeLessThan(small.training.superSteps);
    expect(trained).not.toContain('super');

    const [whole, broken] = ['whole', 'broken'].map((name) => readRows<Row>(join(folder(), `${name}.csv`)).map(plain));
    expect(broken).toEqual(whole);
    expect(whole!.map(({ method }) => method)).toEqual(['super', ...small.methods]);
    expect(whole!.find(({ method }) => method === 'planted')!.recovery).toBe(1);
  }, 60_000);

  it('refuses a configuration with what it does not know', async () => {
    const path = join(folder(), 'bad.yaml');
    await writeFile(path, `${await readFile(PUBLISHED, 'utf8')}\nextra: 1\n`);
    await expect(readPlanted(path)).rejects.toThrow('extra');
  });
});

describe('results', () => {
  const row = (method: string, seed: number, accuracy: number, more: Partial<Row> = {}): Row => ({
    method,
    seed,
    accuracy,
    recovery: 1,
    weightedRecovery: 1,
    updates: 10,
    superSeconds: 10,
    selectSeconds: 1,
    trainSeconds: 3,
    searchMebibytes: 1,
    ...more,
  });
  const rows = [
    row('edo-weight-l1', 1, 0.9, { selectSeconds: 0.01 }),
    row('edo-weight-l1', 2, 0.8, { selectSeconds: 0.01 }),
    row('random-1', 1, 0.5),
    row('random-2', 1, 0.7),
    row('random-1', 2, 0.6),
    row('darts', 1, 0.8, { superSeconds: 99 }),
    row('darts', 2, 0.8, { superSeconds: 99 }),
  ];

  it('means are over seeds, patterns of one seed are one value, differences are paired', () => {
    expect(table(rows)).toContain('| random | 0.600 ± 0.000 | 0.250 ± 0.071 |');
  });

  it('says what holds', () => {
    const held = verdicts(rows, published).map(({ holds }) => holds);
    expect(held).toEqual([true, true, false]);
  });

  it('come back from the file as they went, and the picture is drawn of them', async () => {
    const path = join(folder(), 'results.csv');
    await appendRow(path, row('super', 1, 0.9, { recovery: Number.NaN }));
    for (const one of rows) await appendRow(path, one);
    expect(readRows<Row>(path)).toEqual([row('super', 1, 0.9, { recovery: Number.NaN }), ...rows]);
    expect(chart(readRows<Row>(path))).toMatch(/^<svg/);
  });
});
