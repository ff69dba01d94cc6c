import { expect, test } from 'vitest';
import { seededRandom, shuffled } from './random';

const take = (...key: (number | string)[]) => {
  const random = seededRandom(...key);
  return Array.from({ length: 4 }, () => random.next());
};

test('the same key gives the same numbers, another key others', () => {
  expect(take(1, 'order', 2)).toEqual(take(1, 'order', 2));
  const all = [
    take(1),
    take(2),
    take(1, 0),
    take(0, 1),
    take('a'),
    take('b'),
    take(2 ** 33),
    take(2 ** 34),
    take(1.5 * 2 ** 32),
  ];
  expect(new Set(all.map((numbers) => numbers.join())).size).toBe(all.length);
});

test('numbers are spread evenly, over the keys too', () => {
  const bins = new Array(10).fill(0);
  const random = seededRandom(7);
  for (let i = 0; i < 20000; i++) bins[Math.floor(random.next() * 10)]++;
  const firsts = new Array(10).fill(0);
  for (let i = 0; i < 20000; i++) firsts[Math.floor(seededRandom(7, 'sample', 3, i).next() * 10)]++;
  // Six standard deviations of a binomial.
  for (const count of [...bins, ...firsts]) expect(Math.abs(count - 2000)).toBeLessThan(6 * Math.sqrt(2000 * 0.9));
});

test('normal numbers have mean 0 and deviation 1', () => {
  const random = seededRandom(3);
  const values = Array.from({ length: 20000 }, () => random.normal());
  const mean = values.reduce((sum, v) => sum + v, 0) / values.length;
  const variance = values.reduce((sum, v) => sum + v * v, 0) / values.length;
  expect(Math.abs(mean)).toBeLessThan(0.04);
  expect(Math.abs(variance - 1)).toBeLessThan(0.06);
});

test('a shuffle is a permutation', () => {
  const order = shuffled(100, seededRandom(5));
  expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, i) => i));
  expect([...order]).not.toEqual([...shuffled(100, seededRandom(6))]);
});
