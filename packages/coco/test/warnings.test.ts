/** Results that belong to another ground truth, and objects without size: said, not passed over. */
import { describe, expect, test } from 'vitest';
import { CocoDataset, CocoEvaluator, CocoMismatchError, CocoResults, checkDataset, evaluate } from '../src/index';

const box = [10, 10, 50, 50];
function truth(categoryIds: readonly (number | string)[], imageIds: readonly (number | string)[] = [1]): CocoDataset {
  return CocoDataset.parse({
    images: imageIds.map((id) => ({ id, width: 200, height: 200 })),
    categories: categoryIds.map((id) => ({ id, name: `c${id}` })),
    annotations: categoryIds.map((category_id, i) => ({
      id: i + 1,
      image_id: imageIds[i % imageIds.length]!,
      category_id,
      bbox: box,
      area: 2500,
      iscrowd: 0,
    })),
  });
}
const detections = (categoryIds: readonly (number | string)[], image_id: number | string = 1) =>
  categoryIds.map((category_id) => ({ image_id, category_id, bbox: box, score: 0.9 }));

describe('categories that the ground truth lacks', () => {
  test.each([
    [[1, 2], [0, 1], 'every id is one too small: they look counted from 0, the ground truth counts from 1'],
    [[0, 1], [1, 2], 'every id is one too large: they look counted from 1, the ground truth counts from 0'],
    [[1, 3, 7, 9], [0, 1, 2, 3], "they look like places 0 to 3 in the ground truth's list, which has ids of its own"],
    [[1, 2], [1, 90], ''],
  ])('%j, named %j', (known, found, hint) => {
    const gt = truth(known);
    const { warnings, skipped } = evaluate(gt, detections(found), { iouType: 'bbox' });
    const unknown = found.filter((id) => !known.includes(id));
    expect(skipped).toEqual({ images: 0, categories: unknown.length });
    expect(warnings).toEqual([
      {
        kind: 'result-unknown-category',
        count: unknown.length,
        examples: unknown,
        message: `${unknown.length} detections of categories that the ground truth lacks, left out (${unknown.join(', ')})${hint === '' ? '' : `; ${hint}`}`,
      },
    ]);
    const evaluator = new CocoEvaluator(gt, { iouType: 'bbox' });
    evaluator.add(1, detections(found));
    expect(evaluator.finish().warnings).toEqual(warnings);
    const report = checkDataset(gt, { results: CocoResults.parse(detections(found)) });
    const named = report.findings.find((finding) => finding.kind === 'result-unknown-category')!;
    expect(named.message).toContain(hint);
  });

  test('an error where none is left', () => {
    expect(() => evaluate(truth([1, 2]), detections([0, 0]), { iouType: 'bbox' })).toThrow(CocoMismatchError);
    expect(() => evaluate(truth([1, 2]), detections([0, 0]), { iouType: 'bbox' })).toThrow(
      'none of the 2 detections is of categories that the ground truth has (they name 0); every id is one too small',
    );
    expect(() => evaluate(truth(['a', 'b']), detections([0, 1]), { iouType: 'bbox' })).toThrow('(they name 0, 1)');
    const evaluator = new CocoEvaluator(truth([1, 2]), { iouType: 'bbox' });
    evaluator.add(1, detections([0]));
    expect(() => evaluator.finish()).toThrow('none of the 1 detections is of categories');
    // Nothing at all was found: no reason for an error.
    expect(evaluate(truth([1, 2]), [], { iouType: 'bbox' }).warnings).toEqual([]);
  });
});

describe('images that the ground truth lacks', () => {
  const run = (gt: CocoDataset, id: number | string) => () =>
    evaluate(gt, [...detections([1], id), ...detections([1], 3)], { iouType: 'bbox' });
  test('the error says what they look like', () => {
    expect(run(truth([1], [1, 4]), 0)).toThrow(
      'results name 2 images that the ground truth lacks (0, 3); every id is one',
    );
    expect(run(truth([1], [123, 3]), '000123')).toThrow(
      '("000123"); they are strings with leading zeros, the ground truth has integers; pass the right ground truth',
    );
  });
  test('left out on demand, they are counted; an error where none is left', () => {
    const options = { iouType: 'bbox', unknownImages: 'ignore' } as const;
    const some = evaluate(truth([1]), [...detections([1]), ...detections([1], 77)], options);
    expect(some.warnings.map(({ kind, count, examples }) => [kind, count, examples])).toEqual([
      ['result-unknown-image', 1, [77]],
    ]);
    expect(() => evaluate(truth([1]), detections([1], 77), options)).toThrow(
      'none of the 1 detections is of images that the ground truth has (they name 77)',
    );
  });
});

test('annotations that are left out are counted', () => {
  const annotation = { image_id: 1, category_id: 1, bbox: box, area: 2500, iscrowd: 0 };
  const gt = CocoDataset.parse({
    images: [{ id: 1, width: 99, height: 99 }],
    categories: [{ id: 1, name: 'a' }],
    annotations: [
      { ...annotation, id: 1 },
      { ...annotation, id: 2, image_id: 5 },
      { ...annotation, id: 3, category_id: 6 },
    ],
  });
  expect(evaluate(gt, detections([1]), { iouType: 'bbox' }).warnings.map(({ message }) => message)).toEqual([
    '1 annotations of images that the images list lacks, left out (5)',
    '1 annotations of categories that the categories list lacks, left out (6)',
  ]);
});

test('objects without size score as in pycocotools, and are named', () => {
  const object = (extra: object) =>
    CocoDataset.parse({
      images: [{ id: 1, width: 99, height: 99 }],
      categories: [{ id: 1, name: 'a', keypoints: ['k'] }],
      annotations: [{ id: 7, image_id: 1, category_id: 1, bbox: [50, 50, 0, 0], area: 0, iscrowd: 0, ...extra }],
    });
  const gt = object({ keypoints: [50, 50, 2], num_keypoints: 1 });
  const dt = (x: number) => [{ image_id: 1, category_id: 1, keypoints: [x, 50, 2], score: 1 }];
  for (const compat of ['none', 'pycocotools'] as const) {
    const options = { iouType: 'keypoints', sigmas: [0.1], compat } as const;
    expect(evaluate(gt, dt(51), options).stats.AP).toBe(0);
    const exact = evaluate(gt, dt(50), options);
    expect(exact.stats.AP).toBeCloseTo(1, 12);
    expect(exact.warnings).toMatchObject([{ kind: 'no-extent', count: 1, examples: [7] }]);
  }
  expect(checkDataset(gt).findings.map((f) => f.kind)).toContain('no-extent');
  expect(evaluate(object({}), detections([1]), { iouType: 'bbox' }).warnings).toMatchObject([
    { kind: 'empty-box', count: 1, examples: [7] },
  ]);
});

test('a ground truth in which nothing counts is told', () => {
  const images = [{ id: 1, width: 100, height: 50 }];
  const crowd = { id: 1, image_id: 1, category_id: 1, bbox: [1, 1, 9, 9], area: 81, iscrowd: 1 };
  const results = CocoResults.parse([{ image_id: 1, category_id: 1, bbox: [1, 1, 9, 9], score: 1 }]);
  for (const [annotations, message] of [
    [[], 'the ground truth has no annotations'],
    [[crowd], 'no object that counts among its 1 annotations'],
  ] as const) {
    const dataset = CocoDataset.parse({ images, categories: [{ id: 1, name: 'a' }], annotations });
    const { warnings, stats } = evaluate(dataset, results, { iouType: 'bbox' });
    expect(stats.AP).toBe(-1);
    expect(warnings.map(({ kind }) => kind)).toEqual(['nothing-to-score']);
    expect(warnings[0]!.message).toContain(message);
  }
});
