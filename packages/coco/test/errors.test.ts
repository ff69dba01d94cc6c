import { readFileSync } from 'node:fs';
import { testData } from '@icconv/test-utils';
import { describe, expect, test } from 'vitest';
import { analyzeErrors, CocoDataset, CocoResults, evaluate } from '../src/index';
import { renderCharts, renderHtml } from '../src/report/index';

const gt = CocoDataset.parse({
  images: [{ id: 1, width: 500, height: 100 }],
  categories: [
    { id: 1, name: 'a' },
    { id: 2, name: '<b>' },
  ],
  annotations: [
    { image_id: 1, category_id: 1, bbox: [0, 0, 10, 10] },
    { image_id: 1, category_id: 2, bbox: [100, 0, 10, 10] },
    { image_id: 1, category_id: 1, bbox: [200, 0, 10, 10] },
    { image_id: 1, category_id: 1, bbox: [300, 0, 10, 10] },
    { image_id: 1, category_id: 1, bbox: [400, 0, 50, 50], iscrowd: 1 },
  ].map((a, i) => ({ id: i + 1, area: 100, iscrowd: 0, ...a })),
});
const dt = CocoResults.parse(
  [
    { category_id: 1, bbox: [0, 0, 10, 10], score: 0.9 }, // correct
    { category_id: 1, bbox: [1, 0, 10, 10], score: 0.8 }, // duplicate
    { category_id: 1, bbox: [100, 0, 10, 10], score: 0.8 }, // wrong class
    { category_id: 1, bbox: [206, 0, 10, 10], score: 0.8 }, // badly placed: overlap 4 / 16
    { category_id: 2, bbox: [206, 0, 10, 10], score: 0.7 }, // both
    { category_id: 2, bbox: [50, 50, 10, 10], score: 0.7 }, // background
    { category_id: 1, bbox: [410, 10, 10, 10], score: 0.7 }, // inside the crowd: neither
    { category_id: 1, bbox: [300, 0, 10, 10], score: 0.1 }, // below the score
  ].map((d) => ({ image_id: 1, ...d })),
);

describe('kinds of mistakes', () => {
  test('one of each', () => {
    const { total, perCategory, confusion } = analyzeErrors(gt, dt, { iouType: 'bbox' });
    expect(total).toEqual({
      objects: 4,
      correct: 1,
      duplicate: 1,
      classification: 1,
      localisation: 1,
      both: 1,
      background: 1,
      missed: 1,
    });
    expect(perCategory.map((row) => [row.name, row.correct, row.background, row.missed])).toEqual([
      ['a', 1, 0, 1],
      ['<b>', 0, 1, 0],
    ]);
    expect(confusion.labels).toEqual(['a', '<b>', 'background']);
    // True a: one found, two not; true b: taken for a; background: duplicate and badly placed a, both and background b.
    expect(confusion.counts).toEqual([
      [1, 0, 2],
      [1, 0, 0],
      [2, 2, 0],
    ]);
  });

  test('pictures with most mistakes come first, those without any are left out', () => {
    expect(analyzeErrors(gt, dt, { iouType: 'bbox' }).pictures).toEqual([{ id: 1, missed: 1, wrong: 5 }]);
    const images = [4, 5, 6].map((id) => ({ id, width: 100, height: 100 }));
    const annotations = [4, 5, 6, 6].map((image_id, i) => ({
      ...{ id: i + 1, image_id, category_id: 1, bbox: [20 * i, 0, 10, 10], area: 100, iscrowd: 0 },
    }));
    const several = CocoDataset.parse({ images, annotations, categories: [{ id: 1, name: 'a' }] });
    const found = CocoResults.parse([{ image_id: 5, category_id: 1, bbox: [20, 0, 10, 10], score: 0.9 }]);
    expect(analyzeErrors(several, found, { iouType: 'bbox' }).pictures).toEqual([
      { id: 6, missed: 2, wrong: 0 },
      { id: 4, missed: 1, wrong: 0 },
    ]);
  });

  test('objects by size, however few are found', () => {
    const sizes = [20, 60, 100, 110].map((side, i) => ({
      ...{ id: i + 1, image_id: 1, category_id: 1, bbox: [0, 200 * i, side, side], area: side * side, iscrowd: 0 },
    }));
    const file = {
      images: [{ id: 1, width: 200, height: 800 }],
      categories: [{ id: 1, name: 'a' }],
      annotations: sizes,
    };
    const found = [0, 2].map((i) => ({ image_id: 1, category_id: 1, bbox: sizes[i]!.bbox, score: 0.9 }));
    const analysis = analyzeErrors(CocoDataset.parse(file), CocoResults.parse(found), { iouType: 'bbox' });
    expect(analysis.sizes).toEqual([
      { size: 'small', objects: 1, correct: 1 },
      { size: 'medium', objects: 1, correct: 0 },
      { size: 'large', objects: 2, correct: 1 },
    ]);
  });

  test("the limits are the caller's", () => {
    expect(analyzeErrors(gt, dt, { iouType: 'bbox', minScore: 0 }).total.correct).toBe(2);
    expect(analyzeErrors(gt, dt, { iouType: 'bbox', iouThr: 0.2 }).total).toMatchObject({
      correct: 2,
      localisation: 0,
    });
    expect(() => analyzeErrors(gt, dt, { iouType: 'bbox', background: 0.6 })).toThrow(
      'background must be in (0, iouThr = 0.5)',
    );
  });
});

test('charts are SVG and the page holds them, names escaped', () => {
  const evaluation = evaluate(gt, dt, { iouType: 'bbox' });
  const report = { evaluation, dataset: gt, errors: analyzeErrors(gt, dt, { iouType: 'bbox' }) };
  const charts = renderCharts(report);
  expect(Object.keys(charts)).toEqual(['precision-recall', 'categories', 'errors', 'confusion']);
  for (const svg of Object.values(charts)) expect(svg).toMatch(/^<svg [\s\S]*<\/svg>\s*$/);
  expect(charts.errors).toContain('badly placed');
  const html = renderHtml(report, { title: 'A & B' });
  expect(html).toContain('<h1>A &#38; B</h1>');
  expect(html).toContain('<td>&#60;b&#62;</td>');
  expect(html.match(/<svg /g)).toHaveLength(4);
});

const folder = testData('coco-eval');
test.skipIf(folder === undefined)('masks and keypoints of real images', () => {
  const read = (...path: string[]) => readFileSync(testData('coco-eval', ...path)!);
  const segm = analyzeErrors(
    CocoDataset.parse(read('val2014-100', 'gt.json')),
    CocoResults.parse(read('val2014-100', 'dt_segm.json')),
    { iouType: 'segm' },
  );
  const { correct, classification, duplicate, localisation, both, background } = segm.total;
  expect(correct).toBeGreaterThan(300);
  expect(classification + duplicate + localisation + both + background).toBeGreaterThan(50);
  const pose = analyzeErrors(
    CocoDataset.parse(read('keypoints-4img', 'gt.json')),
    CocoResults.parse(read('keypoints-4img', 'dt.json')),
    { iouType: 'keypoints', minScore: 0 },
  );
  // AR50 is 1 there: all twelve persons with keypoints are found.
  expect(pose.total).toMatchObject({ objects: 12, correct: 12, missed: 0 });
});
