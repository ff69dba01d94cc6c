import { expect, test } from 'vitest';
import { counted } from './counted';

test('a noun follows its number', () => {
  expect([0, 1, 2].map((n) => counted(n, 'overlay'))).toEqual(['0 overlays', '1 overlay', '2 overlays']);
  expect([1, 3].map((n) => counted(n, 'class', 'classes'))).toEqual(['1 class', '3 classes']);
});
