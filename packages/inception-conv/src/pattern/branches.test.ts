import { expect, test } from 'vitest';
import { branchCounts } from './branches';
import type { Dilation } from './dilation-pattern';

const layer = (name: string | undefined, ...dilations: Dilation[]) => ({
  dilations,
  ...(name !== undefined && { name }),
});

test('a branch is a run of channels of one dilation; layers go by their names where all have one', () => {
  const [a, b] = [layer('a', [1, 1], [1, 1], [2, 1]), layer('b', [3, 3])];
  expect(branchCounts({ maxDilation: 3, layers: [a, b] })).toEqual({ a: [2, 1], b: [1] });
  expect(branchCounts({ maxDilation: 3, layers: [a, layer(undefined, [3, 3])] })).toEqual([[2, 1], [1]]);
});

test('a dilation that comes back has no branch', () => {
  const mixed = { maxDilation: 2, layers: [layer('a', [1, 1], [2, 2], [1, 1])] };
  expect(() => branchCounts(mixed)).toThrow('pattern, layer 0: expected the channels of one dilation side by side');
});
