import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { constant, cosine, multiStep, type Schedule, stepDecay, withWarmUp } from '../../src';

const { cases, tolerance } = JSON.parse(readFileSync(new URL('./fixtures/manifest.json', import.meta.url), 'utf8')) as {
  readonly cases: readonly { readonly name: string; readonly rates: readonly number[] }[];
  readonly tolerance: { readonly rates: number };
};
const SCHEDULES: Record<string, Schedule> = {
  'multi-step': multiStep(0.2, { milestones: [10, 25] }),
  step: stepDecay(0.2, { every: 7, gamma: 0.5 }),
  cosine: cosine(0.2, { steps: 40, final: 0.01 }),
  'warm multi-step': withWarmUp(multiStep(0.2, { milestones: [10, 25] }), { steps: 8 }),
};

test.each(cases)("$name is torch's", ({ name, rates }) => {
  for (const [step, rate] of rates.entries())
    expect(Math.abs(SCHEDULES[name]!(step) - rate)).toBeLessThan(tolerance.rates);
});

test('after its end a cosine stays, a constant always, and bad settings are refused', () => {
  expect(cosine(1, { steps: 10, final: 0.1 })(11)).toBeCloseTo(0.1, 12);
  expect(constant(0.3)(1e6)).toBe(0.3);
  expect(() => cosine(1, { steps: 0 })).toThrow('steps must be a number above 0');
  expect(() => stepDecay(1, { every: -1 })).toThrow('every');
});
