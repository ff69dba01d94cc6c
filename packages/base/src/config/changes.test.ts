import { expect, test } from 'vitest';
import { z } from 'zod';
import { changesOf, withChanges } from './changes';
import { ConfigError } from './config-error';

const schema = z.strictObject({
  backbone: z.strictObject({ depth: z.int() }),
  classes: z.int().min(1),
  input: z.strictObject({ size: z.int().min(32), mean: z.tuple([z.number(), z.number()]) }),
  convs: z.int().min(0).max(4),
});
// The backbone as a program has it, which no file could say.
const base = { backbone: { depth: 18, pattern: () => 1 }, classes: 3, input: { size: 64, mean: [1, 2] }, convs: 0 };
const place = { file: 'train.yaml', place: 'model.config', elsewhere: ['backbone', 'classes'] };

test('any value may be changed at any depth, but what the file says elsewhere', () => {
  const changes = changesOf(schema, place.elsewhere);
  expect(changes.parse({ input: { size: 32 } })).toEqual({ input: { size: 32 } });
  expect(changes.parse({})).toEqual({});
  for (const wrong of [{ classes: 2 }, { backbone: { depth: 34 } }, { input: { side: 1 } }, { convs: 5 }]) {
    expect(changes.safeParse(wrong).success, JSON.stringify(wrong)).toBe(false);
  }
});

test('changed values stand in their place; the others are the same, those from elsewhere untouched', () => {
  const changed = withChanges(base, { input: { mean: [5, 6] }, convs: 2 }, schema, place);
  expect(changed).toEqual({ ...base, input: { size: 64, mean: [5, 6] }, convs: 2 });
  expect(changed.backbone).toBe(base.backbone);
});

test('each value that does not fit has a line with its place', () => {
  const wrong = () => withChanges(base, { input: { size: 1 }, convs: 9 }, schema, place);
  expect(wrong).toThrow(ConfigError);
  expect(wrong).toThrow(/^train\.yaml: model\.config\.input\.size: .*32\ntrain\.yaml: model\.config\.convs: .*4$/);
});

test('changes cannot reach what stands elsewhere', () => {
  expect(() => withChanges(base, { classes: 7 }, schema, place)).toThrow(/model\.config: .*"classes"/);
});
