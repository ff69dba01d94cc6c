import { expect, test } from 'vitest';
import { largestSize } from './batch-size';

const GIB = 2 ** 30;
const sizeFor = (one: number, more: [batchSize: number, peak: number], limit: number, pictures = 1000) =>
  largestSize(one * GIB, { batchSize: more[0], peakBytes: more[1] * GIB }, { limitBytes: limit * GIB, pictures });

test('the largest batch whose expected peak stays below the limit', () => {
  // 1 GiB, and half of one for each picture.
  expect(sizeFor(1.5, [4, 3], 6.2)).toEqual({ batchSize: 10, by: 'memory', expectedBytes: 6 * GIB });
  expect(sizeFor(1.5, [4, 3], 6)).toMatchObject({ batchSize: 10 });
  expect(sizeFor(1.5, [4, 3], 5.9)).toMatchObject({ batchSize: 9 });
  expect(sizeFor(1.5, [3, 2.5], 6.2)).toMatchObject({ batchSize: 10 });
});

test('no more than there are pictures, and than are taken by themselves', () => {
  expect(sizeFor(1.5, [4, 3], 100, 7)).toEqual({ batchSize: 7, by: 'pictures', expectedBytes: 4.5 * GIB });
  expect(sizeFor(1.5, [4, 3], 100)).toEqual({ batchSize: 64, by: 'bound', expectedBytes: 33 * GIB });
});

test('where a second picture was not tried, or takes nothing that can be seen', () => {
  expect(sizeFor(3, [1, 3], 5)).toEqual({ batchSize: 1, by: 'memory', expectedBytes: 3 * GIB });
  expect(sizeFor(8, [1, 8], 5)).toEqual({ batchSize: 1, by: 'memory', expectedBytes: 8 * GIB });
  // As if all of it were the pictures'.
  expect(sizeFor(2, [4, 2], 6)).toEqual({ batchSize: 12, by: 'memory', expectedBytes: 6 * GIB });
});
