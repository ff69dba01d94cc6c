import { maxAbsError } from '@icconv/test-utils';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  bboxIou,
  CocoDataset,
  type CocoDetection,
  decodeRle,
  encodeMask,
  evaluate,
  maskIou,
  mergeRles,
  rleArea,
  rleFromCoco,
  rleToBbox,
  rleToCoco,
} from '../src/index';

const mask = fc.tuple(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 12 })).chain(([height, width]) =>
  fc.record({
    height: fc.constant(height),
    width: fc.constant(width),
    data: fc.array(fc.integer({ min: 0, max: 1 }), { minLength: height * width, maxLength: height * width }),
  }),
);

test('masks survive run lengths, compressed and not', () => {
  fc.assert(
    fc.property(mask, (pixels) => {
      const rle = encodeMask(pixels);
      expect(Array.from(decodeRle(rle).data)).toEqual(pixels.data);
      expect(Array.from(rleFromCoco(rleToCoco(rle)).counts)).toEqual(Array.from(rle.counts));
      expect(rleArea(rle)).toBe(pixels.data.reduce((a, b) => a + b, 0));
      const [x, y, w, h] = rleToBbox(rle);
      pixels.data.forEach((value, i) => {
        const [row, column] = [Math.floor(i / pixels.width), i % pixels.width];
        if (value === 1) expect(column >= x && column < x + w && row >= y && row < y + h).toBe(true);
      });
    }),
  );
});

const pair = fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 })).chain(([height, width]) => {
  const data = fc.array(fc.integer({ min: 0, max: 1 }), { minLength: height * width, maxLength: height * width });
  return fc.tuple(data, data).map(([a, b]) => ({ height, width, a, b }));
});

test('mask overlap, union and intersection equal those of the pixels', () => {
  fc.assert(
    fc.property(pair, ({ height, width, a, b }) => {
      const [ra, rb] = [a, b].map((data) => encodeMask({ data, height, width })) as [
        ReturnType<typeof encodeMask>,
        ReturnType<typeof encodeMask>,
      ];
      const both = a.filter((v, i) => v === 1 && b[i] === 1).length;
      const either = a.filter((v, i) => v === 1 || b[i] === 1).length;
      const areaA = a.filter((v) => v === 1).length;
      expect(maskIou([ra], [rb])[0]).toBe(both === 0 ? 0 : both / either);
      expect(maskIou([ra], [rb])).toEqual(maskIou([rb], [ra]));
      expect(maskIou([ra], [rb], { iscrowd: [1] })[0]).toBe(both === 0 ? 0 : both / areaA);
      expect(rleArea(mergeRles([ra, rb]))).toBe(either);
      expect(rleArea(mergeRles([ra, rb], { intersect: true }))).toBe(both);
    }),
  );
});

const box = fc.tuple(
  fc.double({ min: 0, max: 60, noNaN: true }),
  fc.double({ min: 0, max: 60, noNaN: true }),
  fc.double({ min: 1, max: 60, noNaN: true }),
  fc.double({ min: 1, max: 60, noNaN: true }),
);

test('box overlap is symmetric and 1 with itself', () => {
  fc.assert(
    fc.property(box, box, (a, b) => {
      expect(Math.abs(bboxIou(a, b)[0]! - bboxIou(b, a)[0]!)).toBeLessThan(1e-12);
      expect(bboxIou(a, a)[0]).toBeCloseTo(1, 12);
    }),
  );
});

const object = fc.record({
  image_id: fc.integer({ min: 1, max: 4 }),
  category_id: fc.integer({ min: 1, max: 3 }),
  bbox: box,
  iscrowd: fc.constantFrom(0, 0, 0, 1),
});

function dataset(objects: { image_id: number; category_id: number; bbox: number[]; iscrowd: number }[]): CocoDataset {
  return CocoDataset.parse({
    images: [1, 2, 3, 4].map((id) => ({ id, width: 128, height: 128 })),
    categories: [1, 2, 3].map((id) => ({ id, name: `c${id}` })),
    annotations: objects.map((o, i) => ({ id: i + 1, ...o, area: o.bbox[2]! * o.bbox[3]! })),
  });
}

test('perfect detections give AP 1, crowds aside', () => {
  fc.assert(
    fc.property(fc.array(object, { minLength: 1, maxLength: 25 }), (objects) => {
      const wanted = objects.filter((o) => o.iscrowd === 0);
      // A detection of each object, and two in each crowd: neither right nor wrong.
      const dt: CocoDetection[] = [
        ...wanted.map((o) => ({ ...o, score: 0.9 })),
        ...objects
          .filter((o) => o.iscrowd === 1)
          .flatMap((o) => [
            { ...o, score: 0.5 },
            { ...o, score: 0.95 },
          ]),
      ];
      const { stats } = evaluate(dataset(objects), dt, { iouType: 'bbox', recThrs: [0.5, 1] });
      // Only an object that equals one inside a crowd could be taken by the wrong detection; boxes are real numbers, so none does.
      if (wanted.length === 0) expect(stats.AP).toBe(-1);
      else {
        expect(stats.AP).toBeCloseTo(1, 12);
        expect(stats.AR100).toBe(1);
      }
    }),
    { numRuns: 60 },
  );
});

test('the order of detections with distinct scores changes nothing', () => {
  const detection = fc.record({
    image_id: fc.integer({ min: 1, max: 4 }),
    category_id: fc.integer({ min: 1, max: 3 }),
    bbox: box,
  });
  fc.assert(
    fc.property(
      fc.array(object, { minLength: 1, maxLength: 15 }),
      fc.array(detection, { maxLength: 25 }),
      fc.infiniteStream(fc.nat()),
      (objects, boxes, keys) => {
        const gt = dataset(objects);
        const dt = boxes.map((d, i) => ({ ...d, score: 1 / (i + 2) }));
        const shuffled = dt
          .map((d) => ({ d, key: keys.next().value as number }))
          .sort((a, b) => a.key - b.key)
          .map(({ d }) => d);
        const [a, b] = [dt, shuffled].map((list) => evaluate(gt, list, { iouType: 'bbox' }));
        expect(maxAbsError(b!.precision, a!.precision)).toBe(0);
        expect(b!.stats).toEqual(a!.stats);
      },
    ),
    { numRuns: 60 },
  );
});
