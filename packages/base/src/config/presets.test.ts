import { expect, test } from 'vitest';
import { z } from 'zod';
import { underneath, withPresets } from './presets';

const schema = z.strictObject({
  preset: z.string().optional(),
  recipe: z.strictObject({ epochs: z.int(), milestones: z.array(z.int()).optional() }),
});
const presets = { short: { recipe: { epochs: 2, milestones: [1, 2] } } };

test('a preset stands under what is given; lists are replaced whole', () => {
  const read = withPresets(presets, schema);
  expect(read.parse({ preset: 'short' }).recipe).toEqual({ epochs: 2, milestones: [1, 2] });
  expect(read.parse({ preset: 'short', recipe: { milestones: [1] } }).recipe).toEqual({ epochs: 2, milestones: [1] });
  expect(read.parse({ recipe: { epochs: 1 } })).toEqual({ recipe: { epochs: 1 } });
});

test.each(['long', 'constructor', 'toString', 3])('a preset that is none, %j: the known ones', (preset) => {
  const { error } = withPresets(presets, schema).safeParse({ preset, recipe: { epochs: 1 } });
  expect(error?.issues[0]).toMatchObject({ path: ['preset'], message: 'expected one of short' });
});

test('what is not given, null and scalars', () => {
  expect(underneath({ a: 1, b: { c: 2 } }, { b: undefined })).toEqual({ a: 1, b: { c: 2 } });
  expect(underneath({ b: { c: 2 } }, { b: null })).toEqual({ b: null });
  expect(underneath({ b: 1 }, { b: { c: 2 } })).toEqual({ b: { c: 2 } });
});
