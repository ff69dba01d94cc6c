/** Masks that are none, and what a few numbers may cost. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CocoArgumentError, CocoDataset, CocoMaskError, CocoResults, checkDataset, evaluate } from '../index';
import { bboxIou } from './iou';
import { rleFromPolygon, rleFromPolygons } from './polygon';
import { decodeRle, rleArea, rleFromCoco } from './rle';

/** The definition of maskApi.c point by point: every step of the outline, then the crossings. */
function walked(xy: readonly number[], h: number, w: number): number[] {
  const k = xy.length >> 1;
  const corner = (j: number) => [0, 1].map((i) => Math.trunc(5 * xy[(j % k) * 2 + i]! + 0.5)) as [number, number];
  const points: [number, number][] = [];
  for (let j = 0; j < k; j++) {
    let [[xs, ys], [xe, ye]] = [corner(j), corner(j + 1)];
    const [dx, dy] = [Math.abs(xe - xs), Math.abs(ye - ys)];
    const flip = (dx >= dy && xs > xe) || (dx < dy && ys > ye);
    if (flip) [xs, ys, xe, ye] = [xe, ye, xs, ys];
    const steps = Math.max(dx, dy);
    const s = dx >= dy ? (dx === 0 ? 0 : (ye - ys) / dx) : (xe - xs) / dy;
    for (let d = 0; d <= steps; d++) {
      const t = flip ? steps - d : d;
      points.push(dx >= dy ? [t + xs, Math.trunc(ys + s * t + 0.5)] : [Math.trunc(xs + s * t + 0.5), t + ys]);
    }
  }
  const inside = new Uint8Array(h * w);
  for (let j = 1; j < points.length; j++) {
    const [[u0, v0], [u1, v1]] = [points[j - 1]!, points[j]!];
    const x = (Math.min(u0, u1) - 2) / 5;
    if (u0 === u1 || !Number.isInteger(x) || x < 0 || x >= w) continue;
    const y = Math.ceil(Math.min(Math.max((Math.min(v0, v1) + 0.5) / 5 - 0.5, 0), h));
    for (let i = x * h + y; i < h * w; i++) inside[i]! ^= 1;
  }
  return Array.from(inside, (_, i) => inside[(i % w) * h + Math.floor(i / w)]!);
}

const coordinate = fc.oneof(
  fc.double({ min: -4, max: 20, noNaN: true }),
  fc.integer({ min: -4, max: 20 }),
  fc.double({ min: -600, max: 600, noNaN: true }),
);
const polygon = fc.array(fc.tuple(coordinate, coordinate), { minLength: 1, maxLength: 7 }).map((list) => list.flat());

test('only the crossings inside the picture are computed, and they are those of the whole walk', () => {
  fc.assert(
    fc.property(polygon, fc.integer({ min: 1, max: 16 }), fc.integer({ min: 1, max: 16 }), (xy, h, w) => {
      expect(Array.from(decodeRle(rleFromPolygon(xy, h, w)).data)).toEqual(walked(xy, h, w));
    }),
    { numRuns: 400 },
  );
});

test('a union by pairs is the union', () => {
  fc.assert(
    fc.property(fc.array(polygon, { minLength: 1, maxLength: 6 }), (polygons) => {
      const masks = polygons.map((xy) => walked(xy, 12, 9));
      const union = masks[0]!.map((_, i) => (masks.some((mask) => mask[i] === 1) ? 1 : 0));
      expect(Array.from(decodeRle(rleFromPolygons(polygons, 12, 9)).data)).toEqual(union);
    }),
    { numRuns: 100 },
  );
});

test('corners far away cost nothing: the mask is that of the part inside', () => {
  const area = (far: number) => rleArea(rleFromPolygons([[0, 0, far, 0, far, far]], 80, 100));
  expect([1e3, 1e7, 1e9, 1e12].map(area)).toEqual([area(1e3), area(1e3), area(1e3), area(1e3)]);
  // Steep edges that leave the picture above and below.
  const steep = (far: number) => rleArea(rleFromPolygons([[10, -far, 30, far, 50, -far]], 80, 100));
  expect(steep(1e9)).toBe(steep(1e12));
  expect(steep(1e9)).toBeGreaterThan(1500);
});

test('limits say what they are and which option moves them', () => {
  const zigzag = Array.from({ length: 40_000 }, (_, i) => (i % 4 === 0 || i % 4 === 1 ? i % 2 : 1000 + (i % 2)));
  expect(() => rleFromPolygon(zigzag, 10, 1000)).toThrow(/16777216 times at most \(maxCrossings\)/);
  expect(() => rleFromPolygons([zigzag.slice(0, 4000)], 10, 1000, { maxCrossings: 1000 })).toThrow('maxCrossings');
  expect(() => rleFromPolygon([0, 0, 1, 0, 1, 1], 1e9, 1e9)).toThrow('2147483647 pixels at most');
  expect(() => rleFromCoco({ size: [1e9, 1e9], counts: [0] })).toThrow(CocoArgumentError);
  const wide = rleFromCoco({ size: [20_000, 20_000], counts: [400_000_000] });
  expect(() => decodeRle(wide)).toThrow('maxPixels');
  expect(() => decodeRle(rleFromCoco({ size: [4, 4], counts: [16] }), { maxPixels: 15 })).toThrow('maxPixels');
});

test('boxes whose areas vanish overlap nothing', () => {
  const tiny = [0, 0, 1e-200, 1e-200];
  expect(bboxIou(tiny, tiny)[0]).toBe(0);
  expect(bboxIou(tiny, tiny, { iscrowd: [1] })[0]).toBe(0);
});

describe('run lengths that are no mask', () => {
  const size = [4, 5] as const;
  const ground = (segmentation: object, image: object = { height: 4, width: 5 }) =>
    CocoDataset.parse({
      images: [{ id: 1, ...image }],
      categories: [{ id: 1, name: 'a' }],
      annotations: [{ id: 8, image_id: 1, category_id: 1, bbox: [1, 1, 2, 2], area: 4, iscrowd: 0, segmentation }],
    });
  const whole = { size, counts: [5, 2, 2, 2, 9] };
  const cases: [string, object, RegExp][] = [
    ['too few', { size, counts: [5, 2, 2, 2] }, /the counts add up to 11 pixels, the size 4 x 5 to 20$/],
    ['too many', { size, counts: [5, 2, 2, 2, 9, 1] }, /add up to 21 pixels/],
    ['empty', { size, counts: '' }, /add up to 0 pixels/],
    ['character codes', { size, counts: [53, 50, 50, 50, 55] }, /add up to 258 .* they look like character codes/],
    ['swapped', { size: [5, 4], counts: [5, 2, 2, 2, 9] }, /it has 5 x 4 pixels, its image 4 x 5 .*size is \[height/],
    ['another size', { size: [2, 2], counts: [4] }, /it has 2 x 2 pixels, its image 4 x 5 \(height x width\)$/],
    ['cut text', { size, counts: '5X' }, /COCO's compressed run lengths/],
  ];
  test.each(cases)('%s', (_name, segmentation, message) => {
    const detection = { image_id: 1, category_id: 1, score: 0.9, segmentation };
    const results = CocoResults.parse([{ ...detection, segmentation: whole }, detection]);
    const run = (gt: CocoDataset, dt: CocoResults) => () => evaluate(gt, dt, { iouType: 'segm' });
    expect(run(ground(whole), results)).toThrow(message);
    expect(run(ground(whole), results)).toThrow('the mask of detection 2: ');
    const good = CocoResults.parse([{ ...detection, segmentation: whole }]);
    expect(run(ground(segmentation), good)).toThrow(CocoMaskError);
    expect(run(ground(segmentation), good)).toThrow('the mask of annotation 8: ');
    expect(() => ground(segmentation).annToMask(8)).toThrow(message);
    const kinds = checkDataset(ground(segmentation), { results }).findings.map(({ kind, severity }) => [
      kind,
      severity,
    ]);
    const kind = /it has/.test(String(message)) ? 'mask-size' : 'mask-counts';
    expect(kinds).toEqual([
      [kind, 'error'],
      [`result-${kind}`, 'error'],
    ]);
    // Without a size in the images list the two masks are compared.
    if (kind === 'mask-size') expect(run(ground(whole, {}), results)).toThrow('the mask of detection 2: it has');
  });
});
