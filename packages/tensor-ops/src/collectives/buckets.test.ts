import { expect, test } from 'vitest';
import { buckets } from './buckets';

test('a bucket is closed by the tensor that fills it', () => {
  const sizes = [1, 1, 30, 1, 5, 5, 5].map((size) => ({ size }));
  expect(buckets(sizes, 40)).toEqual([[0, 1, 2], [3, 4, 5], [6]]);
  expect(buckets([], 40)).toEqual([]);
});
