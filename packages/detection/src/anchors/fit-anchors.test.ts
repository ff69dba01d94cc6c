import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { AnchorConfig, LevelRule } from '../config/faster-rcnn-config';
import { anchorOverlap, anchorsFor, levelRuleFor } from './fit-anchors';

const start: AnchorConfig = { sizes: [[16], [32], [64], [96], [128]], ratios: [0.5, 1, 2], rounded: false };
const rule: LevelRule = { canonicalSize: 224, canonicalLevel: 2, levels: 4, epsilon: 1e-6 };

test('by hand: on a cell, off it, and between two cells of the coarsest level', () => {
  const square = (x: number, y: number, side: number) =>
    [x - side / 2, y - side / 2, x + side / 2, y + side / 2] as const;
  expect(anchorOverlap([square(64, 32, 16)], start)).toBe(1);
  // Two pixels off in x: 14 of 16 columns are shared.
  expect(anchorOverlap([square(66, 32, 16)], start)).toBeCloseTo(14 / 18, 12);
  // Half a cell of 64 off in x: three quarters of 128 columns; size 96 on cells of 32 lies right over it and gives (96 / 128)^2.
  expect(anchorOverlap([square(96, 64, 128)], start)).toBeCloseTo(96 / 160, 12);
  expect(anchorOverlap([square(64, 64, 16), square(66, 32, 16)], start)).toBeCloseTo((1 + 14 / 18) / 2, 12);
  expect(anchorOverlap([], start)).toBe(0);
});

test('boxes of two kinds have anchors of their own', () => {
  const boxes = Array.from({ length: 40 }, (_, i) => {
    const [x, y] = [100 + 7 * i, 90 + 3 * i];
    const [width, height] = i % 2 === 0 ? [18, 18] : [40, 60];
    return [x, y, x + width!, y + height!] as const;
  });
  const fitted = anchorsFor(boxes, start);
  expect(fitted.sizes.flat().some((size) => Math.abs(size - 18) < 0.5)).toBe(true);
  expect(fitted.sizes.flat().some((size) => Math.abs(size - Math.sqrt(40 * 60)) < 0.5)).toBe(true);
  expect(anchorOverlap(boxes, fitted)).toBeGreaterThan(anchorOverlap(boxes, start) + 0.05);
});

test('nothing to fit to changes nothing', () => {
  expect(anchorsFor([], start)).toBe(start);
  expect(levelRuleFor([], rule)).toBe(rule);
});

const side = fc.double({ min: 0.5, max: 600, noNaN: true });
const place = fc.double({ min: 0, max: 800, noNaN: true });
const box = fc.tuple(place, place, side, side).map(([x, y, w, h]) => [x, y, x + w, y + h] as const);
const anchors = fc.record({
  sizes: fc.integer({ min: 1, max: 2 }).chain((count) => {
    const level = fc.array(fc.double({ min: 4, max: 512, noNaN: true }), { minLength: count, maxLength: count });
    return fc.array(level, { minLength: 5, maxLength: 5 });
  }),
  ratios: fc.array(fc.double({ min: 0.2, max: 5, noNaN: true }), { minLength: 1, maxLength: 4 }),
  rounded: fc.boolean(),
});

test('on the boxes they are fitted to, no anchors are worse than those they begin with', () => {
  fc.assert(
    fc.property(fc.array(box, { minLength: 1, maxLength: 25 }), anchors, (boxes, given) => {
      const fitted = anchorsFor(boxes, given);
      expect(anchorOverlap(boxes, fitted)).toBeGreaterThanOrEqual(anchorOverlap(boxes, given));
      expect(fitted.sizes.map((level) => level.length)).toEqual(given.sizes.map((level) => level.length));
      expect(fitted.ratios).toHaveLength(given.ratios.length);
      expect([...fitted.sizes.flat(), ...fitted.ratios].every((value) => value > 0 && value < Infinity)).toBe(true);
    }),
  );
});

test('boxes of one size are pooled from one level, whatever the size', () => {
  const level = ([x1, y1, x2, y2]: readonly [number, number, number, number], own: LevelRule) =>
    Math.floor(own.canonicalLevel + Math.log2(Math.sqrt((x2 - x1) * (y2 - y1)) / own.canonicalSize) + own.epsilon);
  fc.assert(
    fc.property(side, fc.array(fc.double({ min: 0.75, max: 1.3, noNaN: true }), { minLength: 1 }), (size, factors) => {
      const alike = factors.map((factor) => [5, 5, 5 + size * factor, 5 + size * factor] as const);
      const median = [5, 5, 5 + size, 5 + size] as const;
      // As many copies of the size itself make it the median.
      const boxes = [...alike, ...alike.map(() => median), median];
      const own = levelRuleFor(boxes, rule);
      expect(new Set(alike.map((one) => level(one, own))).size).toBe(1);
    }),
  );
});
