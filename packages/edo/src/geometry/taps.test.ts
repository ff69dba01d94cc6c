import { expect, test } from 'vitest';
import { keptTaps, tapMask } from './taps';

const rows = (mask: Uint8Array, side: number) =>
  Array.from({ length: side }, (_, row) => Array.from(mask.subarray(row * side, (row + 1) * side)).join(''));

test('a dilation keeps the taps that its kernel reads', () => {
  expect(rows(tapMask([1, 1], 3), 3)).toEqual(['111', '111', '111']);
  expect(rows(tapMask([1, 2], 5), 5)).toEqual(['00000', '10101', '10101', '10101', '00000']);
  expect(rows(tapMask([3, 1], 7), 7)).toEqual([
    '0011100',
    '0000000',
    '0000000',
    '0011100',
    '0000000',
    '0000000',
    '0011100',
  ]);
  expect(rows(tapMask([1, 2], 9, 5), 9)).toEqual([
    '000000000',
    '000000000',
    '101010101',
    '101010101',
    '101010101',
    '101010101',
    '101010101',
    '000000000',
    '000000000',
  ]);
});

test('all dilations of a super-kernel, one after the other', () => {
  const kept = keptTaps({ maxDilation: 2, kernelSize: 3 });
  const masks = [
    [1, 1],
    [1, 2],
    [2, 1],
    [2, 2],
  ].map(([dh, dw]) => tapMask([dh!, dw!], 5));
  expect(Array.from(kept)).toEqual(masks.flatMap((mask) => Array.from(mask)));
});

test.each([
  [[3, 1], 5],
  [[0, 1], 5],
  [[1, 1.5], 5],
  [[1, 1], 4],
] as const)('refuses %j in a side of %i', (dilation, side) => {
  expect(() => tapMask(dilation, side)).toThrow(`tapMask: dilation must be dilations of a 3x3 kernel`);
});
