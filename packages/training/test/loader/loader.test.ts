import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ImageDecodeError } from '@icconv/base';
import { describeBackends } from '@icconv/test-utils';
import * as tf from '@tensorflow/tfjs-core';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { seededRandom } from '../../src';
import { batchCount, batchOrder } from '../../src/loader/batch-order';
import { type Batch, createLoader, type DataPosition, type LoaderOptions, type Sample } from '../../src/node';
import { activate } from '../support/activate';

type Labelled = Sample<{ readonly box: [number, number, number, number]; readonly label: number }>;

const folder = mkdtempSync(join(tmpdir(), 'icconv-loader-'));
const COUNT = 11;
const samples: Labelled[] = [];
const heights = Array.from({ length: COUNT }, (_, i) => (i % 3 === 0 ? 60 : 40) + i);
const source = {
  length: COUNT,
  get: (index: number) => samples[index]!,
  size: (index: number) => ({ height: heights[index]!, width: 50 }),
};

beforeAll(async () => {
  for (let i = 0; i < COUNT; i++) {
    const [height, width] = [heights[i]!, 50];
    const random = seededRandom(i);
    const data = Uint8Array.from({ length: height * width * 3 }, () => random.below(256));
    const path = join(folder, `${i}.jpg`);
    await sharp(data, { raw: { width, height, channels: 3 } })
      .jpeg()
      .toFile(path);
    samples.push({ image: path, objects: i === 4 ? [] : [{ box: [5, 5, 25, 30], label: i }] });
  }
});
afterAll(() => rmSync(folder, { recursive: true }));

const base = { source, batchSize: 3, seed: 5, workers: 2 } satisfies LoaderOptions<Labelled>;

async function read(options: Partial<LoaderOptions<Labelled>>, count: number, from?: DataPosition) {
  const loader = createLoader<Labelled>({ ...base, ...options });
  const batches: { batch: Omit<Batch<Labelled>, 'images' | 'dispose'>; shape: number[]; pixels: Float32Array }[] = [];
  try {
    for await (const { images, dispose, ...batch } of loader.batches(from)) {
      batches.push({ batch, shape: images.shape, pixels: images.dataSync<'float32'>() });
      dispose();
      if (batches.length === count) break;
    }
  } finally {
    await loader.close();
  }
  return { batches, batchesPerEpoch: loader.batchesPerEpoch };
}

const AUGMENT = {
  resize: { shortest: [40, 64], longest: 90 },
  flip: 0.5,
  affine: { rotation: 10 },
  colour: { contrast: 0.3, hue: 0.1 },
} as const;

describeBackends(
  'loader',
  activate,
  () => {
    test('an epoch has every sample once, padded to a multiple, annotations beside the pixels', async () => {
      const { batches, batchesPerEpoch } = await read({ multipleOf: 32 }, 8);
      expect(batchesPerEpoch).toBe(4);
      const indices = batches.slice(0, 4).flatMap(({ batch }) => batch.samples.map(({ index }) => index));
      expect([...indices].sort((a, b) => a - b)).toEqual(Array.from({ length: COUNT }, (_, i) => i));
      const second = batches.slice(4).flatMap(({ batch }) => batch.samples.map(({ index }) => index));
      expect(second).not.toEqual(indices);
      expect(batches.map(({ batch }) => [batch.epoch, batch.batch])).toEqual(
        [0, 1].flatMap((e) => [0, 1, 2, 3].map((b) => [e, b])),
      );
      for (const { batch, shape } of batches) {
        expect(shape.slice(1)).toEqual([Math.ceil(Math.max(...batch.sizes.map(([h]) => h)) / 32) * 32, 64, 3]);
        for (const [i, { index, objects, name, original }] of batch.samples.entries()) {
          expect(batch.sizes[i]).toEqual([heights[index], 50]);
          expect(original).toEqual({ height: heights[index], width: 50 });
          expect(objects).toEqual(index === 4 ? [] : [{ box: [5, 5, 25, 30], label: index }]);
          expect(name).toBe(join(folder, `${index}.jpg`));
        }
      }
    });

    test('the same seed gives the same batches on any number of threads', async () => {
      const runs = await Promise.all(
        [0, 1, 3].map((workers) => read({ augment: AUGMENT, workers, prefetch: workers + 1 }, 5)),
      );
      for (const { batches } of runs.slice(1)) {
        for (const [i, { batch, pixels }] of batches.entries()) {
          expect(batch).toEqual(runs[0]!.batches[i]!.batch);
          expect(pixels).toEqual(runs[0]!.batches[i]!.pixels);
        }
      }
      const other = await read({ augment: AUGMENT, seed: 6 }, 1);
      expect(other.batches[0]!.batch.samples.map(({ index }) => index)).not.toEqual(
        runs[0]!.batches[0]!.batch.samples.map(({ index }) => index),
      );
    });

    test('goes on from any position as if it had never stopped', async () => {
      const all = await read({ augment: AUGMENT }, 7);
      for (const stopped of [2, 4]) {
        const rest = await read({ augment: AUGMENT }, 7 - stopped, all.batches[stopped - 1]!.batch.next);
        for (const [i, { batch, pixels }] of rest.batches.entries()) {
          expect(batch).toEqual(all.batches[stopped + i]!.batch);
          expect(pixels).toEqual(all.batches[stopped + i]!.pixels);
        }
      }
    });

    test('a mosaic paints four pictures', async () => {
      const augment = { crop: [64, 64], mosaic: { probability: 1 } } as const;
      const { batches } = await read({ augment }, 1);
      const [sample] = batches[0]!.batch.samples;
      expect(sample!.plan.layers.length).toBe(4);
      expect(batches[0]!.shape).toEqual([3, 64, 64, 3]);
      const labels = batches[0]!.batch.samples.flatMap(({ objects }) => objects.map(({ label }) => label));
      expect(new Set(labels).size).toBeGreaterThan(3);
    });

    test('an unreadable picture names its file, or is left out and told', async () => {
      const bad = join(folder, 'bad.jpg');
      writeFileSync(bad, 'no picture');
      const broken = { length: 3, get: (i: number): Labelled => (i === 1 ? { image: bad, objects: [] } : samples[i]!) };
      await expect(read({ source: broken, shuffle: false }, 1)).rejects.toThrow(`${bad}: cannot be decoded`);
      const buffer = { length: 1, get: (): Labelled => ({ image: Buffer.from('x'), name: 'scene 7', objects: [] }) };
      await expect(read({ source: buffer }, 1)).rejects.toThrow('scene 7: cannot be decoded');
      const told: ImageDecodeError[] = [];
      const { batches } = await read({ source: broken, shuffle: false, onUnreadable: (error) => told.push(error) }, 1);
      expect(batches[0]!.batch.samples.map(({ index }) => index)).toEqual([0, 2]);
      expect(told[0]!.path).toBe(bad);
    });

    test.each([0, 2, 4])('epochs end where they should when whole batches are unreadable, from %i on', async (from) => {
      const bad = join(folder, 'bad.jpg');
      writeFileSync(bad, 'no picture');
      // Batches of two, of which one or more in a row have nothing that can be read.
      const unreadable = (i: number) => i >= from && i < from + 4;
      const get = (i: number): Labelled => (unreadable(i) ? { image: bad, name: 'bad', objects: [] } : samples[i]!);
      const broken = { source: { length: 8, get }, batchSize: 2, shuffle: false, onUnreadable: 'skip' } as const;
      const { batches } = await read(broken, 4);
      const seen = batches.map(({ batch }) => [batch.epoch, ...batch.samples.map(({ index }) => index)]);
      const pairs = [
        [0, 1],
        [2, 3],
        [4, 5],
        [6, 7],
      ].filter(([i]) => !unreadable(i!));
      expect(seen).toEqual([0, 1].flatMap((epoch) => pairs.map((pair) => [epoch, ...pair])));
      expect(batches.map(({ batch }) => batch.next.epoch)).toEqual([0, 1, 1, 2]);
      // Going on after any batch gives the batches behind it.
      const rest = await read(broken, 2, batches[1]!.batch.next);
      expect(rest.batches.map(({ batch }) => batch)).toEqual(batches.slice(2).map(({ batch }) => batch));
    });

    test('pictures that are left out are listed once; without any that can be read there is an end', async () => {
      const bad = join(folder, 'bad.jpg');
      writeFileSync(bad, 'no picture');
      const get = (i: number): Labelled => (i === 1 ? { image: bad, objects: [] } : samples[i]!);
      const loader = createLoader<Labelled>({
        ...{ ...base, source: { length: 3, get }, batchSize: 1, onUnreadable: 'skip', workers: 0 },
      });
      for await (const batch of loader.batches()) {
        batch.dispose();
        if (batch.epoch === 2) break;
      }
      expect(loader.unreadable).toEqual([{ path: bad, reason: 'it is no picture of a known format' }]);
      const none = { length: 3, get: (): Labelled => ({ image: bad, objects: [] }) };
      await expect(read({ source: none, onUnreadable: 'skip' }, 1)).rejects.toThrow(/bad\.jpg.*any of the 3 pictures/);
    });

    test('an abort ends a wait with the reason', async () => {
      const controller = new AbortController();
      const slow = { length: 1, get: () => new Promise<Labelled>(() => {}) };
      setTimeout(() => controller.abort(new Error('enough')), 20);
      await expect(read({ source: slow, signal: controller.signal }, 1)).rejects.toThrow('enough');
    });

    test('no more is decoded ahead than prefetch says', async () => {
      let asked = 0;
      const counting = {
        length: 100,
        get(index: number) {
          asked++;
          return source.get(index % COUNT);
        },
      };
      const loader = createLoader<Labelled>({ ...base, source: counting, batchSize: 2, prefetch: 3, workers: 1 });
      const stream = loader.batches();
      const first = await stream.next();
      expect(asked).toBe(6);
      (first.value as Batch<Labelled>).dispose();
      ((await stream.next()).value as Batch<Labelled>).dispose();
      expect(asked).toBe(8);
      await stream.return();
      await loader.close();
    });

    test('an ignore mask moves with the picture', async () => {
      const picture = { data: new Uint8Array(2 * 3 * 3), width: 3, height: 2 };
      const ignore = { data: Uint8Array.of(1, 0, 0, 0, 0, 2), width: 3, height: 2 };
      const one = { length: 1, get: (): Labelled => ({ image: picture, objects: [], ignore }) };
      const { batches } = await read({ source: one, augment: { flip: 1 } }, 1);
      expect([...batches[0]!.batch.samples[0]!.ignore!.data]).toEqual([0, 0, 1, 2, 0, 0]);
    });
  },
  ['native', 'js'],
);

describe('batch order', () => {
  const options = { length: 20, batchSize: 4, seed: 1, shuffle: true, dropLast: false };
  test('groups do not mix, and epochs have equally many batches', () => {
    const grouped = { ...options, groupOf: (index: number) => (index < 7 ? 0 : 1) };
    for (let epoch = 0; epoch < 5; epoch++) {
      const batches = batchOrder(grouped, epoch);
      expect(batches.length).toBe(batchCount(grouped));
      expect(batches.flatMap((batch) => [...batch]).sort((a, b) => a - b)).toEqual(
        Array.from({ length: 20 }, (_, i) => i),
      );
      for (const batch of batches) expect(new Set([...batch].map(grouped.groupOf)).size).toBe(1);
    }
    expect(batchCount({ ...grouped, dropLast: true })).toBe(4);
    expect(batchOrder({ ...grouped, dropLast: true }, 3).every((batch) => batch.length === 4)).toBe(true);
  });
  test('without shuffling the order is that of the source', () => {
    expect(batchOrder({ ...options, shuffle: false, length: 5 }, 9).map((batch) => [...batch])).toEqual([
      [0, 1, 2, 3],
      [4],
    ]);
  });
  test.each([
    [2, false],
    [3, false],
    [3, true],
  ])('%i workers share the batches of one, in equal parts, dropping what is not full: %s', (count, dropLast) => {
    const options = { length: 40, batchSize: 2, seed: 3, shuffle: true, dropLast, groupOf: (i: number) => +(i > 12) };
    for (let epoch = 0; epoch < 4; epoch++) {
      const whole = batchOrder({ ...options, batchSize: 2 * count }, epoch);
      const shards = Array.from({ length: count }, (_, index) => ({ ...options, shard: { index, count } }));
      const parts = shards.map((shard) => batchOrder(shard, epoch));
      for (const [i, part] of parts.entries()) expect(part).toHaveLength(batchCount(shards[i]!));
      const kept = whole.filter((batch) => batch.length >= count);
      expect(parts[0]).toHaveLength(kept.length);
      for (const [b, batch] of kept.entries()) {
        const sizes = new Set(parts.map((part) => part[b]!.length));
        expect(sizes.size).toBe(1);
        const together = parts.flatMap((part) => [...part[b]!]);
        expect(together).toEqual([...batch.slice(0, together.length)]);
        expect(batch.length - together.length).toBeLessThan(count);
      }
    }
  });

  test('a shard takes the place of what nobody can read from its other batches', async () => {
    const broken = {
      ...source,
      get: (i: number) => ({ ...samples[i]!, image: i < 8 ? '/nowhere.jpg' : samples[i]!.image }),
    };
    const options = { source: broken, onUnreadable: 'skip', workers: 0, batchSize: 1 } as const;
    for (const index of [0, 1]) {
      const { batches, batchesPerEpoch } = await read({ ...options, shard: { index, count: 2 } }, 12);
      expect(batchesPerEpoch).toBe(5);
      expect(batches.map(({ batch }) => [batch.epoch, batch.batch])).toEqual(
        Array.from({ length: 12 }, (_, i) => [Math.floor(i / 5), i % 5]),
      );
    }
  });

  test.each([
    [{ index: 2, count: 2 }, 'shard.index must be below shard.count, 2, received 2'],
    [{ index: 0, count: 0 }, 'shard.count must be a whole number of at least 1'],
    [{ index: 0, count: 12 }, 'batchSize must be less: 11 samples make no batch for 12 workers'],
  ])('the shard %j is refused', (shard, message) => {
    expect(() => createLoader({ ...base, shard })).toThrow(message);
  });

  test('bad settings are named', () => {
    expect(() => createLoader({ ...base, batchSize: 0 })).toThrow('batchSize must be a whole number of at least 1');
    expect(() => createLoader({ ...base, batchSize: 99, dropLast: true })).toThrow('at most 11 samples with dropLast');
    expect(() => createLoader({ ...base, source: { length: 0, get: source.get } })).toThrow('source.length');
    expect(() => createLoader({ ...base, source: { length: 2, get: source.get }, groupByAspect: true })).toThrow(
      'source.size',
    );
  });
  test('grouping by aspect uses the sizes', async () => {
    tf.engine();
    const { batchesPerEpoch, close } = createLoader({ ...base, groupByAspect: true, workers: 0 });
    // Widths are 50: of the heights those up to 50 count as wide.
    const wide = heights.filter((height) => height <= 50).length;
    expect(batchesPerEpoch).toBe(Math.ceil(wide / 3) + Math.ceil((COUNT - wide) / 3));
    await close();
  });
});
