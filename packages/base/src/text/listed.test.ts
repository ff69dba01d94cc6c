import { expect, test } from 'vitest';
import { listed } from './listed';

test('what is not shown is told by dots', () => {
  expect(listed(['a', 7], 2)).toBe('a, 7');
  expect(listed(['a', 7], 3)).toBe('a, 7, ...');
});
