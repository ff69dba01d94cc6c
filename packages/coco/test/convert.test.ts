import { readFileSync } from 'node:fs';
import { maxAbsError, testData } from '@icconv/test-utils';
import { expect, test } from 'vitest';
import {
  datasetFromVoc,
  datasetFromYolo,
  datasetToVoc,
  datasetToYolo,
  resultsFromCsv,
  resultsFromYolo,
  resultsToCsv,
} from '../src/convert/index';
import { CocoDataset, CocoFormatError, CocoResults } from '../src/index';

const gt = CocoDataset.parse({
  images: [
    { id: 1, width: 200, height: 100, file_name: 'a/one.jpg' },
    { id: 5, width: 40, height: 80, file_name: 'two.png' },
  ],
  categories: [
    { id: 3, name: 'cat' },
    { id: 9, name: 'a & b' },
  ],
  annotations: [
    {
      id: 1,
      image_id: 1,
      category_id: 3,
      bbox: [10, 20, 30, 40],
      area: 1200,
      iscrowd: 0,
      segmentation: [[10, 20, 40, 20, 40, 60, 10, 60]],
    },
    { id: 2, image_id: 1, category_id: 9, bbox: [0, 0, 200, 100], area: 20000, iscrowd: 0, ignore: 1 },
    { id: 3, image_id: 1, category_id: 9, bbox: [0, 0, 9, 9], area: 81, iscrowd: 1 },
  ],
});
const boxes = (dataset: CocoDataset) =>
  dataset
    .toJson()
    .annotations.map((a) => [
      a.image_id,
      dataset.loadCats(a.category_id!)[0]!.name,
      a.bbox!.map((v) => Math.round(v * 1e4) / 1e4),
    ]);
const expected = [
  [1, 'cat', [10, 20, 30, 40]],
  [1, 'a & b', [0, 0, 200, 100]],
];

test('YOLO boxes', () => {
  const yolo = datasetToYolo(gt);
  expect(yolo.images[0]!.labels).toBe('0 0.125 0.4 0.15 0.4\n1 0.5 0.5 1 1\n');
  expect(yolo.images[1]!.labels).toBe('');
  const back = datasetFromYolo(yolo);
  expect(boxes(back)).toEqual(expected);
  expect(back.getImgIds()).toEqual([1, 5]);
});

test('YOLO polygons', () => {
  const yolo = datasetToYolo(gt, { polygons: true });
  expect(yolo.images[0]!.labels).toMatch(/^0 0.05 0.2 0.2 0.2 0.2 0.6 0.05 0.6\n/);
  const [polygon] = datasetFromYolo(yolo).toJson().annotations;
  expect(polygon).toMatchObject({ bbox: [10, 20, 30, 40], area: 1200 });
});

test('YOLO results go by file name', () => {
  const image = { fileName: 'labels/one.txt', width: 200, height: 100, labels: '1 0.5 0.5 1 1 0.25\n' };
  expect([...resultsFromYolo([image], gt)]).toEqual([
    { image_id: 1, category_id: 9, bbox: [0, 0, 200, 100], score: 0.25 },
  ]);
  expect(() => resultsFromYolo([{ ...image, labels: '7 0 0 1 1 0.5' }], gt)).toThrow(
    'labels/one.txt: line 1: class 7 is not one of the 2 names',
  );
  expect(() => resultsFromYolo([{ ...image, labels: '1 x' }], gt)).toThrow(CocoFormatError);
  expect(() => resultsFromYolo([{ ...image, fileName: 'other.txt' }], gt)).toThrow(
    'the dataset has no image of this name',
  );
});

test('Pascal VOC', () => {
  const files = datasetToVoc(gt);
  expect(files.map((f) => f.fileName)).toEqual(['a/one.xml', 'two.xml']);
  expect(files[0]!.xml).toContain('<xmin>11</xmin>');
  const back = datasetFromVoc(files, { names: ['cat', 'a & b'] });
  expect(boxes(back)).toEqual(expected);
  expect(back.toJson().annotations.map((a) => a.ignore)).toEqual([undefined, 1]);
  expect(datasetFromVoc(files).categories.map((c) => c.name)).toEqual(['a & b', 'cat']);
  expect(() => datasetFromVoc([{ fileName: 'x.xml', xml: '<annotation>' }])).toThrow(CocoFormatError);
  expect(() => datasetFromVoc([{ fileName: 'x.xml', xml: '<a/>' }])).toThrow('x.xml: no <annotation> element');
});

test('a detection that has only a mask goes into a table with the box of it', () => {
  const segmentation = [[1, 2, 5, 2, 5, 9]];
  const dt = CocoResults.parse([{ image_id: 1, category_id: 1, score: 0.5, segmentation }]);
  expect(resultsToCsv(dt)).toContain('\n1,1,1,2,4,7,0.5\n');
  const empty = CocoResults.parse([{ image_id: 1, category_id: 1, score: 0.5 }]);
  expect(() => resultsToCsv(empty)).toThrow('detection 1 has no bbox to write as CSV, nor a mask');
});

test('results CSV', () => {
  const dt = CocoResults.parse([
    { image_id: 'a,b', category_id: 3, bbox: [1, 2.5, 3, 4], score: 0.1 },
    { image_id: 7, category_id: 3, bbox: [0, 0, 1, 1], score: 1e-9 },
  ]);
  const csv = resultsToCsv(dt);
  expect(csv).toBe('image_id,category_id,x,y,width,height,score\n"a,b",3,1,2.5,3,4,0.1\n7,3,0,0,1,1,1e-9\n');
  expect([...resultsFromCsv(csv)]).toEqual([...dt]);
  // pandas writes 7.0 for 7 in a column where one is missing.
  expect([...resultsFromCsv(csv.replace('7,3', '7.0,3.0'))]).toEqual([...dt]);
  expect(() => resultsFromCsv('image_id,score\n1,2\n')).toThrow('the header lacks category_id, x, y, width, height');
  expect(() => resultsFromCsv(csv.replace('2.5', 'two'))).toThrow('line 2: y must be a number, found "two"');
  for (const [changed, problem] of [
    [csv.replace('2.5', '0x2'), 'line 2: y must be a number'],
    [csv.replace('2.5', ''), 'line 2: y must be a number'],
    [csv.replace('7,3', ',3'), 'line 3: image_id is empty'],
    [csv.replaceAll('\n', '\n\n').replace('7,3', ',3'), 'line 5: image_id is empty'],
    [csv.replace('7,3', '7,3,3'), 'line 3: expected 7 fields, found 8'],
    [csv.replace('score', 'x'), 'the header lacks score'],
    [csv.replace('score', 'score,x').replaceAll('\n', ',1\n'), 'the header has x twice'],
  ] as const) {
    expect(() => resultsFromCsv(changed)).toThrow(problem);
  }
});

const file = testData('coco-mini', 'instances.json');
test.skipIf(file === undefined)('266 COCO images to YOLO and back keep their boxes', () => {
  const dataset = CocoDataset.parse(readFileSync(file!));
  const back = datasetFromYolo(datasetToYolo(dataset));
  const wanted = dataset
    .getImgIds()
    .flatMap((id) => dataset.rows({ imgIds: id, iscrowd: false }).map((row) => dataset.annotation(row).bbox!));
  const found = back.toJson().annotations.map((a) => a.bbox!);
  expect(found.length).toBe(wanted.length);
  expect(maxAbsError(found.flat(), wanted.flat())).toBeLessThan(1e-5);
});
