/** Sizes of resized pictures against torchvision, mmdetection and detectron2; fixture by tooling/reference/make_resized_sizes.py. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { type SideRounding, shortestSideSize } from '../../src';

type Library = 'torchvision' | 'mmdetection' | 'detectron2';

interface Fixture {
  readonly largest: number;
  readonly shortest: number;
  readonly longest: number;
  readonly clear: Readonly<Record<Library, readonly (readonly [number, number, number, number])[]>>;
  readonly rows: Readonly<Record<Library, string>>;
}

const fixture: Fixture = JSON.parse(readFileSync(new URL('./fixtures/resized-sizes.json', import.meta.url), 'utf8'));
const { largest, shortest, longest, clear, rows } = fixture;

/** Of the sizes of all widths, as in the script. */
function rowHash(height: number, rounding: SideRounding): string {
  let value = 0x811c9dc5;
  for (let width = 1; width <= largest; width++) {
    for (const side of shortestSideSize(height, width, { shortest, longest, rounding })) {
      for (const byte of [side & 0xff, side >> 8]) value = Math.imul(value ^ byte, 0x01000193);
    }
  }
  return (value >>> 0).toString(16).padStart(8, '0');
}

test.each([
  ['torchvision', 'floor'],
  ['mmdetection', 'round'],
  ['detectron2', 'detectron2'],
] as const)('%s: every picture of up to 1400 x 1400 pixels gets its size', (library, rounding) => {
  for (const [height, width, ...size] of clear[library]) {
    expect(shortestSideSize(height, width, { shortest, longest, rounding })).toEqual(size);
  }
  const others: number[] = [];
  for (let height = 1; height <= largest; height++) {
    if (rowHash(height, rounding) !== rows[library].slice(8 * (height - 1), 8 * height)) others.push(height);
  }
  expect(others).toEqual([]);
});

test('what is no length is refused', () => {
  expect(() => shortestSideSize(0, 10, { shortest: 800 })).toThrow(/height must be a number above 0/);
  expect(() => shortestSideSize(10, 10, { shortest: Number.NaN })).toThrow(/shortest must be a number above 0/);
});
