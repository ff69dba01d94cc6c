import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  allDilations,
  baselinePattern,
  type LayerErrors,
  patternError,
  SearchError,
  selectPattern,
} from '../src/index';
import { assignWithBounds, chooseSubset, totalError } from '../src/selection/assign';
import { fitLine } from '../src/selection/latency';

function layerOf(maxDilation: number, units: number, errors: readonly number[], name = 'layer'): LayerErrors {
  return {
    name,
    stage: name,
    maxDilation,
    kernelSize: 3,
    units,
    dilations: allDilations(maxDilation),
    errors: Float64Array.from(errors),
    whole: new Float64Array(units).fill(10),
  };
}

const table = (maxDilation: number, units: number) =>
  fc
    .array(fc.integer({ min: 0, max: 20 }), {
      minLength: maxDilation ** 2 * units,
      maxLength: maxDilation ** 2 * units,
    })
    .map((errors) => layerOf(maxDilation, units, errors));

/** All assignments of units to dilations. */
function* assignments(units: number, count: number): Generator<Int32Array> {
  for (let code = 0; code < count ** units; code++) {
    yield Int32Array.from({ length: units }, (_, unit) => Math.floor(code / count ** unit) % count);
  }
}

const text = (layer: LayerErrors, constraints = {}) =>
  selectPattern([layer], constraints)
    .layers[0]!.dilations.map((d) => d.join('x'))
    .join(' ');

describe('selection', () => {
  it('breaks ties by the nearer dilation', () => {
    expect(text(layerOf(3, 2, new Array(18).fill(1)))).toBe('1x1 1x1');
    // 1x3, 2x2 and 3x1 are as good: 1x3 has the smaller height.
    const errors = [9, 9, 1, 9, 1, 9, 1, 9, 9];
    expect(text(layerOf(3, 1, errors))).toBe('1x3');
  });

  it('keeps shares at the least sum of errors, as all assignments tried tell', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5 }).chain((units) => table(2, units)),
        fc.array(fc.tuple(fc.integer({ min: 0, max: 2 }), fc.integer({ min: 0, max: 4 })), {
          minLength: 4,
          maxLength: 4,
        }),
        (layer, bounds) => {
          const least = bounds.map(([low]) => low);
          const most = bounds.map(([low, more]) => low + more);
          const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);
          fc.pre(sum(least) <= layer.units && sum(most) >= layer.units);
          let best = Number.POSITIVE_INFINITY;
          for (const assignment of assignments(layer.units, 4)) {
            const counts = [0, 1, 2, 3].map((i) => assignment.filter((p) => p === i).length);
            if (counts.every((n, i) => n >= least[i]! && n <= most[i]!))
              best = Math.min(best, totalError(layer, assignment));
          }
          const found = assignWithBounds(layer, [0, 1, 2, 3], least, most);
          for (const i of [0, 1, 2, 3]) {
            const n = found.filter((p) => p === i).length;
            expect(n).toBeGreaterThanOrEqual(least[i]!);
            expect(n).toBeLessThanOrEqual(most[i]!);
          }
          expect(totalError(layer, found)).toBe(best);
        },
      ),
    );
  });

  it('finds the best few dilations', () => {
    fc.assert(
      fc.property(table(2, 4), fc.integer({ min: 1, max: 3 }), (layer, limit) => {
        const pattern = selectPattern([layer], { maxDistinct: limit });
        let best = Number.POSITIVE_INFINITY;
        for (const assignment of assignments(4, 4)) {
          if (new Set(assignment).size <= limit) best = Math.min(best, totalError(layer, assignment));
        }
        expect(patternError([layer], pattern).mean * 40).toBeCloseTo(best, 9);
      }),
    );
  });

  it('chooses well where it cannot try all', () => {
    // Four clear dilations among 36 for 900 units: 58,905 subsets of 4 are more than it tries.
    const units = 900;
    const good = [0, 7, 20, 35];
    const errors = Array.from({ length: 36 * units }, (_, i) =>
      good[(i % units) % 4] === Math.floor(i / units) ? 0 : 5 + (i % 7),
    );
    expect(
      chooseSubset(
        layerOf(6, units, errors),
        Array.from({ length: 36 }, (_, i) => i),
        4,
      ).sort((a, b) => a - b),
    ).toEqual(good);
  });

  it('keeps to symmetric dilations and receptive fields', () => {
    const errors = [5, 0, 4, 0, 3, 0, 0, 0, 1];
    expect(text(layerOf(3, 1, errors), { symmetric: true })).toBe('3x3');
    expect(text(layerOf(3, 1, errors), { symmetric: true, receptiveField: 5 })).toBe('2x2');
    expect(text(layerOf(3, 1, errors), { receptiveField: [3, 7] })).toBe('1x2');
    expect(() => text(layerOf(3, 1, errors), { receptiveField: 2 })).toThrow('at least the kernel');
  });

  it('takes branches away within a budget of time, where they matter least', () => {
    const cheap = layerOf(2, 2, [0, 1, 1, 0, 9, 9, 9, 9], 'cheap');
    const dear = layerOf(2, 2, [0, 9, 9, 0, 9, 9, 9, 9], 'dear');
    const costs = ['cheap', 'dear'].map((name) => ({ name, baseMs: 1, branchMs: 1 }));
    const dilations = (budgetMs: number) =>
      selectPattern([cheap, dear], { latency: { budgetMs, costs } }).layers.map(
        (l) => new Set(l.dilations.map(String)).size,
      );
    expect(dilations(6)).toEqual([2, 2]);
    expect(dilations(5)).toEqual([1, 2]);
    expect(dilations(4)).toEqual([1, 1]);
    expect(() => dilations(3)).toThrow(SearchError);
  });

  it('refuses bounds that cannot hold', () => {
    const layer = layerOf(2, 4, new Array(16).fill(1));
    const share = (min: number, max = 1) => ({ shares: [{ dilation: [1, 1] as const, min, max }] });
    expect(text(layer, share(0.5))).toBe('1x1 1x1 1x1 1x1');
    expect(
      text(layerOf(2, 4, [9, 9, 9, 9, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1]), share(0.5)).split('1x1').length - 1,
    ).toBe(2);
    expect(() => text(layer, share(0.8, 0.5))).toThrow('0 <= min <= max <= 1');
    expect(() => text(layer, { maxDistinct: 0 })).toThrow('positive whole number');
    expect(() => text(layer, { shares: [{ dilation: [3, 3], min: 0.5 }] })).toThrow('a dilation that layer may use');
  });

  it('makes the patterns to beat', () => {
    const layers = [
      { name: 'a', units: 400 },
      { name: 'b', units: 3 },
    ];
    expect(baselinePattern('ones', layers, { maxDilation: 3 }).layers[1]).toEqual({
      name: 'b',
      dilations: [
        [1, 1],
        [1, 1],
        [1, 1],
      ],
    });
    const drawn = baselinePattern('random', layers, { maxDilation: 2, seed: 4 });
    expect(drawn).toEqual(baselinePattern('random', layers, { maxDilation: 2, seed: 4 }));
    const undilated = drawn.layers[0]!.dilations.filter(([h, w]) => h === 1 && w === 1).length;
    expect(undilated).toBeGreaterThan(60);
    expect(undilated).toBeLessThan(140);
    expect(
      baselinePattern('manual', layers, { maxDilation: 2 }).layers[0]!.dilations.filter(([h, w]) => h * w === 1),
    ).toHaveLength(200);
  });

  it('fits times by least squares', () => {
    expect(
      fitLine([
        [1, 3],
        [2, 5],
        [4, 9],
      ]),
    ).toEqual({ baseMs: 1, branchMs: 2 });
    expect(
      fitLine([
        [1, 3],
        [2, 1],
      ]).branchMs,
    ).toBe(0);
  });
});
