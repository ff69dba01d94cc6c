import { expect, test } from 'vitest';
import { efficiency } from '../../bench/scaling';

test('the speed that is left, by hand', () => {
  const measured = { megabytes: 150, exchangeMs: 100, latencyMs: 0 };
  // 125 MB/s: 150 MB times 2 * 3 / 4 take 1.8 s.
  const slow = { workers: 4, gigabits: 1, stepSeconds: 1.8 };
  expect(efficiency(measured, { ...slow, overlap: false })).toBeCloseTo(0.5, 10);
  // 1.2 s of it go on behind the backward pass; of a long one all but the last of six buckets do.
  expect(efficiency(measured, { ...slow, overlap: true })).toBeCloseTo(1.8 / 2.4, 10);
  expect(efficiency(measured, { ...slow, stepSeconds: 9.7, overlap: true })).toBeCloseTo(9.7 / 10, 10);
  // No faster than was measured: 1500 MB/s, and one round trip of 10 ms for each of two rounds.
  const fast = { workers: 2, gigabits: 100, stepSeconds: 0.12, overlap: false };
  expect(efficiency({ ...measured, latencyMs: 10 }, fast)).toBeCloseTo(0.12 / 0.24, 10);
});
