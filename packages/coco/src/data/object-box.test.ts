import { expect, test } from 'vitest';
import { encodeMask, rleToCoco } from '../masks/rle';
import { boxOf } from './object-box';

const parts = [
  [10, 10, 40, 10, 40, 30, 10, 30],
  [50, 5, 60, 5, 60, 12.5],
];
// Object pixels in columns 1 and 2, rows 1 to 3.
const data = Uint8Array.from({ length: 20 }, (_, i) => (i % 4 >= 1 && i % 4 <= 2 && i >= 4 && i < 16 ? 1 : 0));
const mask = encodeMask({ data, height: 5, width: 4 });

test('an object has its own box, or that of its mask', () => {
  expect(boxOf({ bbox: [1, 2, 3, 4], segmentation: parts })).toEqual([1, 2, 3, 4]);
  expect(boxOf({ segmentation: parts })).toEqual([10, 5, 50, 25]);
  expect(boxOf({ segmentation: rleToCoco(mask) })).toEqual([1, 1, 2, 3]);
  expect(boxOf({ segmentation: { size: [5, 4], counts: Array.from(mask.counts) } })).toEqual([1, 1, 2, 3]);
});

test('a box without extent is none', () => {
  for (const bbox of [[], [0, 0, 0, 0], [5, 5, -3, 4], [0, 0, Number.NaN, 1], [1, 2, 3]]) {
    expect(boxOf({ bbox })).toBeUndefined();
    expect(boxOf({ bbox, segmentation: parts })).toEqual([10, 5, 50, 25]);
  }
  expect(boxOf({})).toBeUndefined();
  for (const segmentation of [
    [],
    [[]],
    [[1, 2, 3, 4]],
    [[1, 1, 1, 1, 1, 1]],
    { size: [5, 4], counts: [20] } as const,
  ]) {
    expect(boxOf({ segmentation })).toBeUndefined();
  }
});
