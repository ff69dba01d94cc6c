import { expect, test } from 'vitest';
import { CocoDataset } from '../data/dataset';
import { CocoResults } from '../data/results';
import { evaluate } from '../eval/evaluator';
import { dataReport, requireObjects, selectObjects } from './data-report';
import { formatDataReports } from './format-data';
import type { DataReportOptions } from './report-types';

const IMAGES = [1, 2, 3].map((id) => ({ id, file_name: `${id}.jpg`, width: 100, height: 50 }));
const CATEGORIES = [
  { id: 1, name: 'cat', keypoints: ['nose', 'tail'] },
  { id: 2, name: 'dog', keypoints: ['nose', 'tail'] },
];
const SQUARE = [[10, 10, 20, 10, 20, 30, 10, 30]];
const BOX = [10, 10, 20, 20];

function dataset(annotations: object[], images: object[] = IMAGES) {
  const numbered = annotations.map((one, i) => ({ id: i + 1, image_id: 1, category_id: 1, iscrowd: 0, ...one }));
  return CocoDataset.parse(JSON.stringify({ images, annotations: numbered, categories: CATEGORIES }));
}

const reasons = (annotations: object[], options: Partial<DataReportOptions> = {}, images?: object[]) => {
  const { leftOut, notes, objects } = dataReport(dataset(annotations, images), {
    ...{ task: 'boxes', use: 'training' },
    ...options,
  });
  const counts = (list: typeof leftOut) => Object.fromEntries(list.map(({ reason, count }) => [reason, count]));
  return { objects, leftOut: counts(leftOut), notes: counts(notes) };
};

test('each box is used, or left out for the first reason against it', () => {
  const annotations = [
    { bbox: BOX },
    { bbox: BOX, iscrowd: 1 },
    { bbox: BOX, image_id: 9 },
    { bbox: BOX, category_id: 7 },
    {},
    { segmentation: SQUARE },
    { segmentation: [] },
    { bbox: [10, 10, 0, 20] },
    { bbox: [50, 50, -20, -20] },
    { bbox: [100, 10, 20, 20] },
    { bbox: [-30, 10, 20, 20] },
    { bbox: [90, 40, 100, 100] },
    { bbox: [-1, 0, 20, 20] },
  ];
  expect(reasons(annotations)).toEqual({
    objects: 4,
    leftOut: { crowd: 1, 'unknown-image': 1, 'other-category': 1, 'no-box': 2, 'empty-box': 2, outside: 2 },
    notes: { 'box-of-mask': 1, 'beyond-border': 1 },
  });
  // COCO's metric counts what can never be found.
  expect(reasons(annotations, { use: 'evaluation' })).toEqual({
    objects: 8,
    leftOut: { crowd: 1, 'unknown-image': 1, 'other-category': 1, 'no-box': 2 },
    notes: { 'box-of-mask': 1, 'cannot-be-found': 4 },
  });
});

test('an object without any box is no obstacle to the evaluation of the others', () => {
  const data = dataset([{ bbox: BOX }, {}]);
  const found = CocoResults.parse([{ image_id: 1, category_id: 1, bbox: BOX, score: 1 }]);
  expect(() => evaluate(data, found, { iouType: 'bbox' })).toThrow('annotation 2 has no bbox');
  const { dataset: ready } = selectObjects(data, { task: 'boxes', use: 'evaluation' });
  expect(evaluate(ready, found, { iouType: 'bbox' }).stats.AP).toBeCloseTo(1, 12);
});

test('where no size is known, nothing lies outside', () => {
  const far = [{ bbox: [200, 10, 20, 20] }];
  expect(reasons(far, {}, [{ id: 1, file_name: 'a.jpg' }])).toEqual({ objects: 1, leftOut: {}, notes: {} });
  expect(reasons(far).leftOut).toEqual({ outside: 1 });
});

test('keypoints', () => {
  const inside = [10, 10, 2, 20, 20, 1];
  const none = [0, 0, 0, 0, 0, 0];
  const annotations = [
    { keypoints: inside, num_keypoints: 2, area: 50 },
    { keypoints: inside, iscrowd: 1 },
    { keypoints: none },
    {},
    { keypoints: [-5, 10, 2, 10, 60, 2], num_keypoints: 2 },
    { keypoints: [-5, 10, 2, 10, 40, 2], num_keypoints: 2 },
    { keypoints: inside, num_keypoints: 0 },
    { keypoints: inside, ignore: 1 },
  ];
  expect(reasons(annotations, { task: 'keypoints' })).toEqual({
    objects: 4,
    leftOut: { crowd: 1, 'no-keypoints': 2, 'keypoints-outside': 1 },
    notes: { 'some-keypoints-outside': 1 },
  });
  expect(reasons(annotations, { task: 'keypoints', use: 'evaluation' })).toEqual({
    objects: 3,
    leftOut: { crowd: 1, ignored: 1, 'no-keypoints': 2, 'num-keypoints': 1 },
    notes: { 'no-area': 2 },
  });
  expect(() => reasons([{ keypoints: [1, 1, 2] }, { keypoints: [1, 1, 2] }], { task: 'keypoints' })).toThrow(
    'keypoints of annotation 1: expected 6 numbers, x, y and visibility of the 2 keypoints of category cat, received 3; ' +
      'the same with 1 more',
  );
});

test('counts by picture and class, for the pictures and classes that are used', () => {
  const data = dataset([
    { bbox: BOX },
    { bbox: BOX, category_id: 2 },
    { bbox: BOX, image_id: 2, category_id: 2 },
    { bbox: BOX, image_id: 3 },
  ]);
  const { report, used } = selectObjects(data, {
    ...{ task: 'boxes', use: 'training', categoryIds: [2], imageIds: [1, 2, 3] },
  });
  expect([...used]).toEqual([0, 1, 1, 0]);
  expect(report).toMatchObject({ pictures: 3, picturesWithoutObjects: 1, objects: 2 });
  expect(report.classes).toEqual([{ id: 2, name: 'dog', objects: 2 }]);
  expect(dataReport(data, { task: 'boxes', use: 'training', imageIds: [3] })).toMatchObject({
    ...{ pictures: 1, picturesWithoutObjects: 0, objects: 1, leftOut: [] },
  });
});

test('a table of two reports', () => {
  const of = (annotations: object[], use: DataReportOptions['use']) =>
    dataReport(dataset(annotations), { task: 'boxes', use });
  const crowds = Array.from({ length: 6 }, () => ({ bbox: BOX, iscrowd: 1 }));
  const text = formatDataReports({
    train: of([{ bbox: BOX }, ...crowds], 'training'),
    val: of([{ bbox: BOX, category_id: 2 }, { segmentation: SQUARE }], 'evaluation'),
  });
  expect(text).toBe(`\
                   train  val
pictures               3    3
  without objects      2    2
objects                1    2
  cat                  1    1
  dog                  0    1
left out               6    0
train: left out: 6 marked as crowd (iscrowd 1) (annotations 2, 3, 4, 5, 6, ...)
val: 1 with the box of their mask, having none of their own (annotation 2)`);
});

test('nothing left is an error that says why', () => {
  const fail = (annotations: object[], use: DataReportOptions['use']) =>
    requireObjects(dataReport(dataset(annotations), { task: 'boxes', use }), 'a.json');
  expect(() => fail([{ bbox: BOX }], 'training')).not.toThrow();
  expect(() => fail([{ bbox: BOX, iscrowd: 1 }, {}], 'training')).toThrow(
    'a.json: nothing to learn from: of 2 annotations, 1 marked as crowd (iscrowd 1) (annotation 1); 1 without box and mask (annotation 2)',
  );
  expect(() => fail([{ bbox: BOX, iscrowd: 1 }], 'evaluation')).toThrow(
    /nothing to score: of 1 annotation, .*single objects have iscrowd 0/,
  );
  const none = dataReport(dataset([{ bbox: BOX }]), { task: 'boxes', use: 'evaluation', categoryIds: [] });
  expect(() => requireObjects(none, 'a.json')).toThrow(/none of the classes is a category of this file/);
  expect(() => fail([], 'evaluation')).toThrow('a.json: nothing to score: its 3 pictures have no annotation');
});

test('ids that several images or categories have are refused', () => {
  const twins = dataset([{ bbox: BOX }], [IMAGES[0]!, { ...IMAGES[1], id: 1 }]);
  const options = { task: 'boxes', use: 'training' } as const;
  expect(() => dataReport(twins, options)).toThrow('several images have the id 1: their objects cannot be told apart');
  const categories = [CATEGORIES[0], { ...CATEGORIES[1], id: 1 }];
  const merged = CocoDataset.parse({ images: IMAGES, categories, annotations: [] });
  expect(() => dataReport(merged, options)).toThrow('several categories have the id 1');
});

test('boxes of another form are told', () => {
  expect(reasons([{ bbox: [60, 20, 90, 40] }, { bbox: [10, 5, 20, 30] }]).notes).toMatchObject({ 'box-form': 2 });
  expect(reasons([{ bbox: [0.1, 0.2, 0.3, 0.4] }]).notes).toMatchObject({ 'box-form': 1 });
  // One that cannot be corners, and boxes that stay within as they are.
  expect(reasons([{ bbox: [60, 20, 90, 40] }, { bbox: [60, 5, 20, 30] }]).notes).not.toHaveProperty('box-form');
  expect(reasons([{ bbox: BOX }]).notes).not.toHaveProperty('box-form');
});

test('a mask that is none is named by its annotation', () => {
  const broken = dataset([{ segmentation: { size: [50, 100], counts: [10] } }]);
  expect(() => dataReport(broken, { task: 'boxes', use: 'training' })).toThrow('the mask of annotation 1: ');
});

test('masks are learned from objects that have one of their picture’s size; where they are scored, all must have one', () => {
  const rle = (height: number, width: number, counts: number[]) => ({ size: [height, width], counts });
  const annotations = [
    { bbox: BOX, segmentation: SQUARE },
    { bbox: BOX, segmentation: rle(50, 100, [500, 20, 4480]) },
    { bbox: BOX },
    { bbox: BOX, segmentation: [[10, 10, 20, 10]] },
    { bbox: BOX, segmentation: rle(50, 100, [5000]) },
    { bbox: BOX, segmentation: rle(100, 50, [500, 20, 4480]) },
  ];
  const { objects, leftOut } = reasons(annotations, { task: 'masks' });
  expect(objects).toBe(2);
  expect(leftOut).toEqual({ 'no-mask': 3, 'mask-size': 1 });
  expect(reasons(annotations).objects).toBe(6);
  expect(() => reasons(annotations, { task: 'masks', use: 'evaluation' })).toThrow(
    '2 annotations have no mask (3, 4), so that masks cannot be scored; add segmentations, or leave these objects out',
  );
  expect(reasons(annotations.slice(0, 2), { task: 'masks', use: 'evaluation' }).objects).toBe(2);
});
