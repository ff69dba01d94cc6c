import { expect, test } from 'vitest';
import { collisions } from '../src/exports/public-names';

test('a name means the same in every entry of ours: users import from several', () => {
  expect(collisions()).toEqual([]);
}, 120_000);
