import fc from 'fast-check';
import { expect, test } from 'vitest';
import { rleFromPolygon, rleFromPolygons } from '../../masks/polygon';
import { decodeRle, encodeMask, rleArea, rleToCoco } from '../../masks/rle';
import { clipBox, clipPolygon } from '../clip';
import { joinOutlines } from './join';
import { maskOutlines } from './mask-polygons';
import { type OnePolygon, onePolygon } from './one-polygon';
import { traceMask } from './trace';

const masks = fc.tuple(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 12 })).chain(([height, width]) =>
  fc.record({
    height: fc.constant(height),
    width: fc.constant(width),
    data: fc.array(fc.integer({ min: 0, max: 1 }), { minLength: height * width, maxLength: height * width }),
  }),
);

test('the outlines of any mask, joined to one polygon, cover its very pixels', () => {
  fc.assert(
    fc.property(masks, (mask) => {
      const polygon = joinOutlines(traceMask(encodeMask(mask)));
      const { height, width } = mask;
      const back =
        polygon.length === 0 ? new Uint8Array(height * width) : decodeRle(rleFromPolygon(polygon, height, width)).data;
      expect(Array.from(back)).toEqual(mask.data);
    }),
    { seed: 1, numRuns: 300 },
  );
});

test('outlines have corners only, and holes turn the other way', () => {
  const data = Array.from({ length: 25 }, (_, i) => (i === 12 ? 0 : 1));
  expect(traceMask(encodeMask({ data, height: 5, width: 5 }))).toEqual([
    [0, 0, 5, 0, 5, 5, 0, 5],
    [2, 3, 3, 3, 3, 2, 2, 2],
  ]);
});

test('pixels that touch at a corner stay apart, runs with nothing between them do not', () => {
  expect(traceMask({ height: 2, width: 2, counts: Uint32Array.of(0, 1, 2, 1) })).toEqual([
    [0, 0, 1, 0, 1, 1, 0, 1],
    [1, 1, 2, 1, 2, 2, 1, 2],
  ]);
  expect(traceMask({ height: 2, width: 2, counts: Uint32Array.of(1, 2, 1) })).toEqual([
    [1, 0, 2, 0, 2, 1, 1, 1],
    [0, 1, 1, 1, 1, 2, 0, 2],
  ]);
  expect(traceMask({ height: 4, width: 1, counts: Uint32Array.of(0, 2, 0, 1, 1) })).toEqual([[0, 0, 1, 0, 1, 3, 0, 3]]);
});

test('outlines of a mask are what fills it, without lines between them', () => {
  const parts = rleToCoco(rleFromPolygons([left, right], size.height, size.width));
  expect(maskOutlines(parts)).toEqual([left, right]);
  expect(() => maskOutlines(parts, { maxPixels: 10 })).toThrow('10 pixels at most (maxPixels)');
});

const left = [0, 0, 10, 0, 10, 40, 0, 40];
const right = [80, 0, 90, 0, 90, 40, 80, 40];
const size = { width: 100, height: 40 };
const areaOf = ({ polygon }: OnePolygon) => rleArea(rleFromPolygon(polygon, size.height, size.width));

test('parts are joined by a line without width', () => {
  const one = onePolygon([left, right], size) as OnePolygon;
  expect(one.changes).toEqual(['parts-joined']);
  expect(one.polygon).toHaveLength(20);
  expect(areaOf(one)).toBe(rleArea(rleFromPolygons([left, right], 40, 100)));
});

test('parts that overlap, and run lengths, are traced', () => {
  const overlapping = [left, [5, 10, 30, 10, 30, 20, 5, 20]];
  const mask = rleFromPolygons(overlapping, 40, 100);
  for (const segmentation of [overlapping, rleToCoco(mask)]) {
    const one = onePolygon(segmentation, size) as OnePolygon;
    expect(one.changes).toEqual(['mask-traced']);
    expect(areaOf(one)).toBe(rleArea(mask));
  }
});

test('a mask that there is not, or not here', () => {
  const empty = rleToCoco(encodeMask({ data: new Uint8Array(4000), ...size }));
  expect(onePolygon(empty, size)).toBe('no-mask');
  expect(onePolygon([[1, 2, 3, 4]], size)).toBe('no-mask');
  expect(onePolygon([], size)).toBe('no-mask');
  expect(onePolygon(empty, { width: 40, height: 100 })).toBe('mask-size');
  expect(onePolygon([[200, 0, 210, 0, 210, 10]], size)).toBe('outside');
});

test('what reaches beyond the picture is cut off', () => {
  expect(clipPolygon([90, 10, 110, 10, 110, 20, 90, 20], size)).toEqual({
    polygon: expect.arrayContaining([100, 90]),
    clipped: true,
  });
  const { polygon } = onePolygon([[90, 10, 110, 20, 90, 30]], size) as OnePolygon;
  expect(Math.max(...polygon)).toBe(100);
  // The slanted edges keep their slope: they meet the border at 15 and 25.
  expect(polygon).toEqual([90, 10, 100, 15, 100, 25, 90, 30]);
  expect(clipBox([-5, -0.01, 20, 20], size)).toEqual({ box: [0, 0, 15, 19.99], clipped: true });
  expect(clipBox([0, -0.01, 20, 20.01], size)).toEqual({ box: [0, 0, 20, 20], clipped: false });
  expect(clipBox([100, 0, 5, 5], size)).toBeUndefined();
});
