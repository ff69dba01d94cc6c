import { expect, test } from 'vitest';
import { CocoDataset } from '../../data/dataset';
import { CocoFormatError } from '../../errors';
import { rleFromPolygon } from '../../masks/polygon';
import { rleArea, rleToCoco } from '../../masks/rle';
import { ConversionReport, formatConversion } from '../report';
import { datasetFromYolo, resultsFromYolo } from './read';
import type { YoloDataset } from './types';
import { datasetToYolo } from './write';

const SIZE = { width: 100, height: 40 };
const read = (labels: string, options: Partial<YoloDataset> = {}, report = new ConversionReport()) =>
  datasetFromYolo(
    { names: ['a', 'b'], images: [{ fileName: 'p.jpg', labelsName: 'labels/p.txt', ...SIZE, labels }], ...options },
    { report },
  ).toJson();
const kinds = (report: ConversionReport) => report.entries.map(({ kind, count }) => [kind, count]);

test.each([
  ['0 50 20 60 16', 'cx must be a part of the picture’s side, from 0 to 1, received 50; these look like pixels'],
  ['0 0.5 1.01 0.2 0.2', 'cy must be a part'],
  ['0 0.5 0.5 -0.2 0.2', 'w must be a part'],
  ['0 0.5 0.5 0.2 -0.0005', 'w and h must not be negative'],
  ['0 0.5 0.5 0.2', 'expected class cx cy w h, received 4 numbers'],
  ['0 0.5 0.5 0.2 0.2 0.9', 'expected class cx cy w h, received 6 numbers; rows with a score are results'],
  ['0 0.1 0.1 0.5 0.1 0.5 0.5 0.2', 'expected class and three corners x y or more, received 8 numbers'],
  ['2 0.5 0.5 0.2 0.2', 'class 2 is not one of the 2 names, whose numbers are 0 to 1'],
  ['0.5 0.5 0.5 0.2 0.2', 'class 0.5 is not'],
  ['-1 0.5 0.5 0.2 0.2', 'class -1 is not'],
  ['0 nan 0.5 0.2 0.2', 'expected numbers with spaces between, received "0 nan 0.5 0.2 0.2"'],
  ['0 0x1 0.5 0.2 0.2', 'expected numbers'],
  ['0,0.5,0.5,0.2,0.2', 'expected numbers'],
  ['0 1e999 0.5 0.2 0.2', 'expected numbers'],
])('%s is refused by file and line', (row, problem) => {
  const labels = `\ufeff0 0.5 0.5 0.2 0.2\r\n\r\n${row}\r\n`;
  expect(() => read(labels)).toThrow(`labels/p.txt: line 3: ${problem}`.replace('’', "'"));
  expect(() => read(labels)).toThrow(CocoFormatError);
});

test('rounding at the border is mended, more is cut off and counted', () => {
  const report = new ConversionReport();
  const { annotations } = read('0 1.0005 0.5 0.2 0.5\n0 0.5 0.5 1.00001 1\n1 0.3 0.3 0 0.1\n', {}, report);
  expect(annotations.map(({ bbox }) => bbox)).toEqual([
    [90, 10, 10, 20],
    [0, 0, 100, 40],
  ]);
  expect(kinds(report)).toEqual([
    ['no-box', 1],
    ['clipped', 1],
  ]);
  expect(formatConversion(report)).toBe(
    '1 picture (1 with objects, 0 without), 2 objects\nrows: class cx cy w h\n' +
      'left out: objects without an extent: no box, and no mask to take one from: 1 (labels/p.txt: line 3)\n' +
      'changed: objects cut off at the border of their picture: 1 (labels/p.txt: line 1)',
  );
});

const POSE3 = '0 0.5 0.5 0.4 0.4 0.4 0.4 2 0.6 0.6 1 0.9 0.9 0\n';
// Box, then five points in it, in no order that an outline would have.
const POSE2 = '1 0.5 0.5 0.4 0.4 0.35 0.35 0.65 0.65 0.65 0.35 0.35 0.65 0 0\n';
const QUADS = '0 0.1 0.1 0.5 0.1 0.5 0.5 0.1 0.5\n0 0.5 0.5 0.9 0.5 0.9 0.7 0.5 0.7\n';

test('poses with visibilities are told by their rows', () => {
  const report = new ConversionReport();
  const { annotations, categories } = read(POSE3 + POSE3, {}, report);
  expect(report.layout).toBe('class cx cy w h and 3 keypoints x y v');
  expect(annotations[0]).toMatchObject({
    bbox: [30, 12, 40, 16],
    keypoints: [40, 16, 2, 60, 24, 1, 0, 0, 0],
    num_keypoints: 2,
  });
  expect(categories![0]!.keypoints).toEqual(['keypoint_1', 'keypoint_2', 'keypoint_3']);
  expect(() => read(`${POSE3}0 0.5 0.5 0.4 0.4 0.4 0.4 2\n`)).toThrow('labels/p.txt: line 1: expected class and three');
});

test('poses without visibilities, by keypoints that lie in their box and draw no outline', () => {
  expect(read(POSE2).annotations[0]).toMatchObject({
    bbox: [30, 12, 40, 16],
    keypoints: [35, 14, 2, 65, 26, 2, 65, 14, 2, 35, 26, 2, 0, 0, 0],
    num_keypoints: 4,
  });
  expect(read(QUADS).annotations.map(({ keypoints, segmentation }) => [keypoints, segmentation])).toEqual([
    [undefined, [[10, 4, 50, 4, 50, 20, 10, 20]]],
    [undefined, [[50, 20, 90, 20, 90, 28, 50, 28]]],
  ]);
});

test('what is said counts more than what it looks like', () => {
  const names = ['left_eye', 'right_eye'];
  const shaped = read(QUADS, { keypointShape: [2, 2], keypointNames: names });
  expect(shaped.categories![1]!.keypoints).toEqual(names);
  expect(shaped.annotations[1]!.keypoints).toEqual([90, 28, 2, 50, 28, 2]);
  expect(() => read(POSE3, { keypointShape: [17, 3] })).toThrow('and 17 keypoints x y v, received 14 numbers');
  expect(() => read(`${POSE3}${QUADS}`, { keypointShape: [3, 3] })).toThrow('line 2: expected');
  expect(() => read(POSE3, { kind: 'detect' })).toThrow('expected class cx cy w h, received 14 numbers');
  expect(read(QUADS, { kind: 'obb' }).annotations[0]).toMatchObject({ bbox: [10, 4, 40, 16], area: 640 });
  expect(() => read(`${QUADS}0 0.5 0.5 0.2 0.2\n`, { kind: 'obb' })).toThrow('class and four corners x y, received 5');
  expect(() => read(POSE3.replace(' 2 ', ' 3 '), { keypointShape: [3, 3] })).toThrow('a visibility must be 0, 1 or 2');
});

test('results: boxes, masks and poses with a score at the end', () => {
  const dataset = CocoDataset.parse({
    images: [
      { id: 7, ...SIZE, file_name: 'x/1.jpg' },
      { id: 8, ...SIZE, file_name: 'y/1.jpg' },
      { id: 9, ...SIZE, file_name: 'y/2.jpg' },
    ],
    categories: [{ id: 4, name: 'a' }],
    annotations: [],
  });
  const results = (fileName: string, labels: string) => [...resultsFromYolo([{ fileName, ...SIZE, labels }], dataset)];
  expect(results('y/1.txt', '0 0.5 0.5 0.2 0.5 0.25')).toEqual([
    { image_id: 8, category_id: 4, bbox: [40, 10, 20, 20], score: 0.25 },
  ]);
  expect(results('2.jpg', '0 0.1 0 0.2 0 0.2 0.5 0.1 0.5 0.75')).toEqual([
    {
      image_id: 9,
      category_id: 4,
      bbox: [10, 0, 10, 20],
      score: 0.75,
      segmentation: rleToCoco(rleFromPolygon([10, 0, 20, 0, 20, 20, 10, 20], 40, 100)),
    },
  ]);
  expect(results('2.jpg', POSE3.trim().concat(' 0.5'))[0]!.keypoints).toEqual([40, 16, 2, 60, 24, 1, 0, 0, 0]);
  expect(() => results('1.txt', '0 0.5 0.5 0.2 0.5 0.25')).toThrow('the dataset has several images of this name');
  expect(() => results('2.txt', '0 0.5 0.5 0.2 0.5 25')).toThrow('2.txt: line 1: the score at its end must be from 0');
  expect(() => results('2.txt', '0 0.5 0.5 0.2 0.5')).toThrow('expected class cx cy w h score, received 5 numbers');
});

const square = (x: number) => [x, 10, x + 10, 10, x + 10, 20, x, 20];
const mixed = CocoDataset.parse({
  images: [
    { id: 1, ...SIZE, file_name: 'x\\1.jpg' },
    { id: 2, ...SIZE, file_name: 'empty.jpg' },
  ],
  categories: [{ id: 5, name: 'a', keypoints: ['nose'] }],
  annotations: [
    { id: 1, image_id: 1, category_id: 5, segmentation: [square(10)] },
    { id: 2, image_id: 1, category_id: 5, segmentation: [square(30), square(60)], bbox: [30, 10, 40, 10] },
    { id: 3, image_id: 1, category_id: 5, segmentation: rleToCoco(rleFromPolygon(square(80), 40, 100)) },
    { id: 4, image_id: 1, category_id: 5, bbox: [95, 0, 10, 10], keypoints: [97, 5, 2], ignore: 1 },
    { id: 5, image_id: 1, category_id: 5 },
    { id: 6, image_id: 1, category_id: 5, bbox: [0, 0, 9, 9], iscrowd: 1 },
    { id: 7, image_id: 1, category_id: 6, bbox: [0, 0, 9, 9] },
    { id: 8, image_id: 3, category_id: 5, bbox: [0, 0, 9, 9] },
    { id: 9, image_id: 1, category_id: 5, bbox: [300, 0, 9, 9] },
  ],
});

test('written boxes: of masks where there are no others; what is left out is told', () => {
  const report = new ConversionReport();
  const { images } = datasetToYolo(mixed, { report });
  expect(images.map(({ fileName, labels }) => [fileName, labels])).toEqual([
    ['x/1.jpg', '0 0.15 0.375 0.1 0.25\n0 0.5 0.375 0.4 0.25\n0 0.85 0.375 0.1 0.25\n0 0.975 0.125 0.05 0.25\n'],
    ['empty.jpg', ''],
  ]);
  expect(kinds(report)).toEqual([
    ['crowd', 1],
    ['no-box', 1],
    ['outside', 1],
    ['unknown-category', 1],
    ['unknown-image', 1],
    ['clipped', 1],
    ['mask-dropped', 3],
    ['keypoints-dropped', 1],
    ['ignore-dropped', 1],
  ]);
  expect(report.toJSON()).toMatchObject({ pictures: 2, picturesWithObjects: 1, picturesWithoutObjects: 1, objects: 4 });
  expect(report.entries.find(({ kind }) => kind === 'no-box')!.examples).toEqual(['annotation 5 of x/1.jpg']);
});

test('written polygons: one a mask, of the same area', () => {
  const report = new ConversionReport();
  const yolo = datasetToYolo(mixed, { kind: 'segment', labelledOnly: true, report });
  expect(yolo.images).toHaveLength(1);
  expect(kinds(report).filter(([kind]) => !['crowd', 'no-box', 'outside'].includes(kind as string))).toEqual([
    ['no-mask', 1],
    ['unknown-category', 1],
    ['unknown-image', 1],
    ['unlabelled-left-out', 1],
    ['parts-joined', 1],
    ['mask-traced', 1],
  ]);
  const areas = datasetFromYolo(yolo)
    .toJson()
    .annotations.map(({ segmentation }) => rleArea(rleFromPolygon((segmentation as number[][])[0]!, 40, 100)));
  expect(areas).toEqual([100, 200, 100]);
});

test('poses, written and read', () => {
  const report = new ConversionReport();
  const yolo = datasetToYolo(mixed, { kind: 'pose', report });
  expect(yolo.keypointShape).toEqual([1, 3]);
  expect(yolo.images[0]!.labels).toBe('0 0.975 0.125 0.05 0.25 0.97 0.125 2\n');
  expect(kinds(report)).toContainEqual(['no-keypoints', 3]);
  expect(datasetFromYolo(yolo).toJson().annotations[0]).toMatchObject({ bbox: [95, 0, 5, 10], keypoints: [97, 5, 2] });
});

test('two images of one id', () => {
  const images = ['a.jpg', 'b.jpg'].map((file_name) => ({ id: 1, ...SIZE, file_name }));
  expect(() => datasetToYolo(CocoDataset.parse({ images, annotations: [] }))).toThrow('the id of one image only');
});

test('names that leave the folder are refused in both directions', () => {
  const named = (file_name: string) =>
    CocoDataset.parse({ images: [{ id: 1, ...SIZE, file_name }], categories: [], annotations: [] });
  for (const name of ['../a.jpg', 'a\n/../../b.jpg', '/a.jpg', 'http://host/a.jpg', 'C:\\a.jpg', '..\\a.jpg', 'a/']) {
    expect(() => datasetToYolo(named(name))).toThrow('is no name of a file inside a folder');
    const image = { fileName: name, ...SIZE, labels: '' };
    expect(() => datasetFromYolo({ names: [], images: [image] })).toThrow('is no name of a file inside a folder');
  }
  expect(() => datasetToYolo(CocoDataset.parse({ images: [{ id: 1 }], annotations: [] }))).toThrow(
    'image 1 must be an image with width and height',
  );
});

test('what a pose file says of visibility, and what is written', () => {
  const report = new ConversionReport();
  const keypoints = [10, 10, 3, 20, 20, 0.5, 30, 30, 1, 300, 10, 2, 5, 5, 0];
  const dataset = CocoDataset.parse({
    images: [{ id: 1, ...SIZE }],
    categories: [{ id: 1, name: 'p' }],
    annotations: [{ id: 1, image_id: 1, category_id: 1, bbox: [0, 0, 40, 40], keypoints }],
  });
  const { images } = datasetToYolo(dataset, { kind: 'pose', report });
  const visibilities = images[0]!.labels
    .trim()
    .split(' ')
    .slice(5)
    .filter((_, i) => i % 3 === 2);
  expect(visibilities).toEqual(['2', '2', '1', '0', '0']);
  expect(kinds(report)).toEqual([
    ['keypoints-outside', 1],
    ['visibility', 1],
    ['no-file-name', 1],
  ]);
});

test('the place of a keypoint that is not labelled says nothing', () => {
  const labels = '0 0.5 0.5 0.2 0.4 -1 -1 0 0.5 0.5 2\n';
  const yolo = { names: ['p'], images: [{ fileName: '1.jpg', ...SIZE, labels }], keypointShape: [2, 3] as const };
  expect(datasetFromYolo(yolo).toJson().annotations[0]!.keypoints).toEqual([0, 0, 0, 50, 20, 2]);
});

test('masks that are none cost their objects, not the conversion', () => {
  const report = new ConversionReport();
  const masks = [
    { size: [40, 100], counts: [10] },
    { size: [40, 100], counts: '123' },
    { size: [100, 40], counts: [10, 10, 3980] },
    { size: [40, 100], counts: [10, 10, 3980] },
  ];
  const dataset = CocoDataset.parse({
    images: [{ id: 1, file_name: '1.jpg', ...SIZE }],
    categories: [{ id: 1, name: 'a' }],
    annotations: masks.map((segmentation, i) => ({ id: i + 1, image_id: 1, category_id: 1, segmentation })),
  });
  for (const kind of ['detect', 'segment'] as const) {
    datasetToYolo(dataset, { kind, report });
    expect(report.objects).toBe(1);
  }
  expect(kinds(report).slice(0, 2)).toEqual([
    ['mask-broken', 4],
    ['mask-size', 2],
  ]);
});

test('names of classes: one line each, and told where two have one', () => {
  const named = (...names: string[]) =>
    CocoDataset.parse({ images: [], annotations: [], categories: names.map((name, i) => ({ id: i + 1, name })) });
  expect(() => datasetToYolo(named('a\nb'))).toThrow('the name of category 1 must be one line of text');
  expect(() => datasetToYolo(named('a', ' '))).toThrow('the name of category 2');
  const report = new ConversionReport();
  datasetToYolo(named('a', 'b', 'a'), { report });
  expect(kinds(report)).toEqual([['same-name', 1]]);
});
