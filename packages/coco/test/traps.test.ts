/** What goes wrong with the reference, and what must be refused. */
import { describe, expect, test } from 'vitest';
import {
  CocoDataset,
  type CocoDetection,
  CocoEvaluator,
  CocoMismatchError,
  CocoResults,
  checkDataset,
  evaluate,
  formatCheck,
  formatSummary,
  perCategory,
  precisionRecallCurve,
} from '../src/index';

const images = [
  { id: 1, width: 100, height: 100 },
  { id: 2, width: 100, height: 100 },
];
const keypointCategory = { id: 1, name: 'person', keypoints: ['a', 'b'] };

function file(annotation: object, categories: object[] = [{ id: 1, name: 'thing' }]): CocoDataset {
  const whole = { id: 5, image_id: 1, category_id: 1, bbox: [10, 10, 50, 50], area: 2500, iscrowd: 0, ...annotation };
  return CocoDataset.parse({ images, categories, annotations: [whole] });
}

const hit: CocoDetection = { image_id: 1, category_id: 1, bbox: [10, 10, 50, 50], score: 0.9 };
const kinds = (dataset: CocoDataset, results?: CocoResults) =>
  checkDataset(dataset, results === undefined ? {} : { results }).findings.map((f) => `${f.severity} ${f.kind}`);

test('annotation id 0', () => {
  const gt = file({ id: 0 });
  expect(evaluate(gt, [hit], { iouType: 'bbox' }).stats.AP).toBeCloseTo(1, 12);
  expect(evaluate(gt, [hit], { iouType: 'bbox', compat: 'pycocotools' }).stats.AP).toBe(0);
  expect(kinds(gt)).toEqual(['trap annotation-id-0']);
});

describe('area 0 or none', () => {
  const keypoints = [20, 20, 2, 40, 40, 2];
  const dt = [{ image_id: 1, category_id: 1, keypoints: [20, 21, 1, 40, 41, 1], score: 1 }];
  const options = { iouType: 'keypoints', sigmas: [0.1, 0.1] } as const;
  for (const area of [0, undefined]) {
    test(`area ${area}`, () => {
      const gt = file({ area, keypoints, num_keypoints: 2 }, [keypointCategory]);
      expect(evaluate(gt, dt, options).stats.AP).toBeCloseTo(1, 12);
      expect(kinds(gt)).toEqual(['trap no-area']);
      const reference = () => evaluate(gt, dt, { ...options, compat: 'pycocotools' }).stats.AP;
      if (area === 0) expect(reference()).toBe(0);
      else expect(reference).toThrow('annotation 5 has no area');
    });
  }
  test('the mask gives the area where there is one', () => {
    const gt = file({ area: 0, segmentation: [[10, 10, 60, 10, 60, 60, 10, 60]] });
    expect(evaluate(gt, [hit], { iouType: 'bbox' }).stats).toMatchObject({ APsmall: -1, APlarge: -1 });
    expect(evaluate(gt, [hit], { iouType: 'bbox' }).stats.APmedium).toBeCloseTo(1, 12);
  });
});

test('category id 0 is a category like others', () => {
  const gt = file({ category_id: 0 }, [{ id: 0, name: 'first' }]);
  for (const compat of ['none', 'pycocotools'] as const) {
    expect(evaluate(gt, [{ ...hit, category_id: 0 }], { iouType: 'bbox', compat }).stats.AP).toBeCloseTo(1, 12);
  }
  expect(kinds(gt)).toEqual(['trap category-id-0']);
});

test('ignore without iscrowd', () => {
  const gt = file({ ignore: 1 });
  expect(evaluate(gt, [hit], { iouType: 'bbox' }).stats.AP).toBe(-1);
  expect(evaluate(gt, [hit], { iouType: 'bbox', compat: 'pycocotools' }).stats.AP).toBeCloseTo(1, 12);
  expect(kinds(gt)).toEqual(['trap ignore-without-crowd']);
});

test('results of images that the ground truth lacks', () => {
  const gt = file({});
  const dt = CocoResults.parse([hit, { ...hit, image_id: 77 }]);
  expect(() => evaluate(gt, dt, { iouType: 'bbox' })).toThrow(CocoMismatchError);
  expect(() => evaluate(gt, dt, { iouType: 'bbox' })).toThrow(
    "results name 1 image that the ground truth lacks (77); pass the right ground truth, or unknownImages: 'ignore'",
  );
  const evaluation = evaluate(gt, dt, { iouType: 'bbox', unknownImages: 'ignore' });
  expect(evaluation.stats.AP).toBeCloseTo(1, 12);
  expect(evaluation.skipped).toEqual({ images: 1, categories: 0 });
  expect(kinds(gt, dt)).toEqual(['trap result-unknown-image']);
});

test('NaN scores are refused, from text and from objects', () => {
  const text = '[{"image_id":1,"category_id":1,"bbox":[0,0,1,1],"score":NaN}]';
  expect(() => CocoResults.parse(text, { source: 'dt.json' })).toThrow(
    /dt.json at byte \d+: score must be a finite number, found NaN/,
  );
  expect(() => CocoResults.parse([{ ...hit, score: Number.NaN }])).toThrow('score must be a finite number');
  expect(() => CocoResults.parse([{ ...hit, bbox: [0, 0, Number.NaN, 1] }])).toThrow(
    'bbox must be four finite numbers',
  );
  expect(() => CocoResults.parse([{ image_id: 1, category_id: 1, bbox: [0, 0, 1, 1] }])).toThrow(
    'detection 1 has no score',
  );
});

test('no detections, no objects', () => {
  expect(evaluate(file({}), [], { iouType: 'bbox' }).stats).toMatchObject({ AP: 0, AR100: 0, APlarge: -1 });
  const empty = CocoDataset.parse({ images, categories: [{ id: 1, name: 'thing' }], annotations: [] });
  expect(evaluate(empty, [hit], { iouType: 'bbox' }).stats.AP).toBe(-1);
  expect(evaluate(empty, [], { iouType: 'segm' }).stats.AP).toBe(-1);
});

test('what the kind of evaluation needs must be there', () => {
  expect(() => evaluate(file({}), [hit], { iouType: 'keypoints' })).toThrow(
    'detection 1 has 0 keypoints, but there are 17 sigmas',
  );
  expect(() => evaluate(file({}), [hit], { iouType: 'segm' })).toThrow('has no segmentation');
  expect(() => evaluate(file({}), [hit], { iouType: 'bbox', protocol: 'crowdpose' })).toThrow(
    "unless iouType is 'keypoints'",
  );
  expect(() => evaluate(file({}), [hit], { iouType: 'bbox', iouThrs: [0.7, 0.5] })).toThrow(
    'iouThrs must be ascending numbers',
  );
  expect(() => evaluate(file({}), [hit], { iouType: 'boxes' as 'bbox' })).toThrow(
    "iouType must be 'bbox', 'segm' or 'keypoints', received \"boxes\"",
  );
  const evaluator = new CocoEvaluator(file({}), { iouType: 'bbox' });
  evaluator.add(1, [hit]);
  expect(() => evaluator.add('1', [])).toThrow('an image that was not added before');
  expect(() => evaluator.add(3, [])).toThrow('an image of the ground truth');
});

test('more than 32 thresholds, and 1203 categories', () => {
  const categories = Array.from({ length: 1203 }, (_, i) => ({ id: i + 1, name: `c${i}` }));
  const annotations = categories.map(({ id }) => ({
    id,
    image_id: 1 + (id % 2),
    category_id: id,
    bbox: [id % 7, 3, 20, 30],
    area: 600,
    iscrowd: 0,
  }));
  const gt = CocoDataset.parse({ images, categories, annotations });
  const dt = annotations.map(({ image_id, category_id, bbox }) => ({ image_id, category_id, bbox, score: 0.5 }));
  const iouThrs = Array.from({ length: 40 }, (_, i) => 0.6 + i / 100);
  const evaluation = evaluate(gt, dt, { iouType: 'bbox', iouThrs, maxDets: [300], recThrs: [0, 0.5, 1] });
  expect(evaluation.counts).toEqual([40, 3, 1203, 4, 1]);
  expect(evaluation.stats.AP).toBeCloseTo(1, 12);
  expect(perCategory(evaluation, gt)).toHaveLength(1203);
  expect(formatSummary(evaluation)).toContain('IoU=0.60:0.99 | area=   all | maxDets=300 ] = 1.000');
});

test('category-agnostic evaluation takes a detection of the wrong category', () => {
  const categories = [
    { id: 1, name: 'a' },
    { id: 2, name: 'b' },
  ];
  const gt = file({}, categories);
  const dt = [{ ...hit, category_id: 2 }];
  expect(evaluate(gt, dt, { iouType: 'bbox' }).stats.AP).toBe(0);
  expect(evaluate(gt, dt, { iouType: 'bbox', useCats: false }).stats.AP).toBeCloseTo(1, 12);
});

test('precision over recall of one category', () => {
  const gt = CocoDataset.parse({
    images,
    categories: [{ id: 1, name: 'thing' }],
    annotations: [1, 2].map((id) => ({
      id,
      image_id: id,
      category_id: 1,
      bbox: [10, 10, 50, 50],
      area: 2500,
      iscrowd: 0,
    })),
  });
  const miss = { ...hit, bbox: [0, 0, 5, 5], score: 0.8 };
  const evaluation = evaluate(gt, [hit, miss, { ...hit, image_id: 2, score: 0.7 }], {
    iouType: 'bbox',
    recThrs: [0, 0.5, 1],
  });
  const points = precisionRecallCurve(evaluation, { iou: 0.5, categoryId: 1 });
  expect(points.map((p) => [p.recall, p.score])).toEqual([
    [0, 0.9],
    [0.5, 0.9],
    [1, 0.7],
  ]);
  expect(points.map((p) => p.precision)).toEqual([
    expect.closeTo(1, 9),
    expect.closeTo(1, 9),
    expect.closeTo(2 / 3, 9),
  ]);
  expect(precisionRecallCurve(evaluation, { categoryId: 9 })).toEqual([]);
});

test('the check finds what else is wrong, and says how the data look', () => {
  const gt = CocoDataset.parse({
    images: [...images, { id: 2, width: 0, height: 5 }],
    categories: [keypointCategory, { id: 1, name: 'again' }],
    annotations: [
      {
        id: 1,
        image_id: 1,
        category_id: 1,
        bbox: [90, 90, 50, 5],
        area: 250,
        iscrowd: 1,
        segmentation: [[0, 0, 1, 1]],
      },
      { id: 1, image_id: 9, category_id: 8, bbox: [0, 0, 0, 5], area: 1, iscrowd: 0 },
      { image_id: 2, category_id: 1, area: 3, iscrowd: 0, keypoints: [1, 1, 2], num_keypoints: 4 },
      { id: 3, image_id: 2, category_id: 1, bbox: [1, 1, 2, 2], area: 3, segmentation: { size: [3, 3], counts: [9] } },
    ],
  });
  const results = CocoResults.parse([{ ...hit, category_id: 5, score: 2, bbox: [1, 1, 0, 0] }]);
  const report = checkDataset(gt, { results });
  expect(report.findings.map((f) => f.kind)).toEqual([
    'duplicate-annotation-id',
    'missing-annotation-id',
    'duplicate-image-id',
    'duplicate-category-id',
    'unknown-image',
    'unknown-category',
    'missing-box',
    'empty-box',
    'box-outside',
    'bad-polygon',
    'mask-size',
    'keypoint-count',
    'image-size',
    'num-keypoints',
    'crowd-polygon',
    'result-unknown-category',
    'result-score',
    'result-empty-box',
  ]);
  expect(report.statistics).toMatchObject({ images: 3, annotations: 4, crowds: 1, withMask: 2, withKeypoints: 1 });
  expect(formatCheck(report)).toContain('annotations  4 (1 crowds, 2 with mask, 1 with keypoints)');
  expect(formatCheck(checkDataset(file({})))).toMatch(/^nothing wrong found/);
});

test('forms of boxes, names and visibilities that are others than they should be', () => {
  const image = { width: 100, height: 50 };
  const dataset = CocoDataset.parse({
    images: [
      { id: 1, ...image, file_name: 'a.jpg' },
      { id: 2, ...image, file_name: 'a.jpg' },
      { id: 3, ...image, file_name: '../b.jpg' },
    ],
    categories: [
      { id: 1, name: 'a', keypoints: ['x'] },
      { id: 2, name: 'a', keypoints: ['x'] },
    ],
    annotations: [
      {
        id: 1,
        image_id: 1,
        category_id: 1,
        bbox: [60, 10, 90, 40],
        area: 900,
        keypoints: [200, 10, 3],
        num_keypoints: 1,
      },
    ],
  });
  const results = CocoResults.parse([{ image_id: 1, category_id: 1, bbox: [0.6, 0.2, 0.3, 0.6], score: 1 }]);
  const { findings } = checkDataset(dataset, { results });
  expect(findings.map(({ kind }) => kind)).toEqual([
    'unsafe-file-name',
    'box-outside',
    'box-form',
    'visibility',
    'duplicate-category-name',
    'duplicate-file-name',
    'keypoints-outside',
    'result-box-form',
  ]);
  expect(findings[2]!.message).toContain('as corners x1, y1, x2, y2');
  expect(findings.at(-1)!.message).toContain('within the first pixel');
});

test('an evaluation tells of boxes in another form, and of images that share an id', () => {
  const image = { width: 100, height: 50 };
  const dataset = CocoDataset.parse({
    images: [
      { id: 1, ...image },
      { id: 1, ...image },
    ],
    categories: [{ id: 1, name: 'a' }],
    annotations: [{ id: 1, image_id: 1, category_id: 1, bbox: [60, 10, 30, 30], area: 900 }],
  });
  const results = CocoResults.parse([{ image_id: 1, category_id: 1, bbox: [60, 10, 90, 40], score: 1 }]);
  const warnings = evaluate(dataset, results, { iouType: 'bbox' }).warnings.map(({ kind }) => kind);
  expect(warnings).toEqual(['result-box-form', 'duplicate-image-id']);
});
