import { expect, test } from 'vitest';
import { CocoDataset } from '../data/dataset';
import { CocoFormatError } from '../errors';
import { ConversionReport } from './report';
import { datasetFromVoc, datasetToVoc } from './voc';

const xml = (object: string, more = '<size><width>100</width><height>40</height></size>') =>
  `<annotation><filename>1.jpg</filename>${more}${object}</annotation>`;
const object = (xmin: string | number, ymin: number, xmax: number, ymax: number) =>
  `<object><name>a</name><bndbox><xmin>${xmin}</xmin><ymin>${ymin}</ymin><xmax>${xmax}</xmax><ymax>${ymax}</ymax></bndbox></object>`;
const read = (text: string, report = new ConversionReport(), fileName = 'x/1.xml') =>
  datasetFromVoc([{ fileName, xml: text }], { report }).toJson();

test('a file lies where its picture lies', () => {
  expect(read(xml('')).images[0]!.file_name).toBe('x/1.jpg');
  const named = (name: string) =>
    read(`<annotation><filename>${name}</filename><size><width>1</width><height>1</height></size></annotation>`);
  expect(named('x/2.png').images[0]!.file_name).toBe('x/2.png');
  expect(named('y\\2.png').images[0]!.file_name).toBe('x/y/2.png');
  expect(named('').images[0]!.file_name).toBe('x/1.jpg');
  for (const name of ['../1.jpg', '/etc/1.jpg', 'C:\\1.jpg', 'a&#10;b.jpg', 'a\nb.jpg', 'http://h/1.jpg']) {
    expect(() => named(name)).toThrow('is no name of a file inside a folder');
  }
});

test('boxes beyond the picture are cut off, boxes without extent left out', () => {
  const report = new ConversionReport();
  const objects = object(0, 1, 10, 10) + object(5, 5, 4, 9) + object(200, 1, 210, 5) + object(91, 31, 120, 40);
  expect(read(xml(objects), report).annotations.map(({ bbox }) => bbox)).toEqual([
    [0, 0, 10, 10],
    [90, 30, 10, 10],
  ]);
  expect(report.entries.map(({ kind, count }) => [kind, count])).toEqual([
    ['no-box', 1],
    ['outside', 1],
    ['clipped', 2],
  ]);
});

test.each([
  [xml(object(9, 1, 5, 5)), 'object 1 (a): xmax and ymax must not be less than xmin and ymin, received 9, 1, 5, 5'],
  [xml(object('', 1, 5, 5)), 'object 1 (a): no number xmin in <bndbox>'],
  [xml(object('nan', 1, 5, 5)), 'object 1 (a): no number xmin'],
  [xml(object('0x1', 1, 5, 5)), 'object 1 (a): no number xmin'],
  [xml('<object>text</object>'), 'object 1: no <name>'],
  [xml('<object><name>a</name></object>'), 'object 1 (a): no <bndbox>'],
  [xml('<object><name>a</name><robndbox/></object>'), 'object 1 (a): no <bndbox>, only <robndbox>'],
  [xml('<object><name>a</name><bndbox/><bndbox/></object>'), 'object 1 (a): several <bndbox>'],
  [xml('<object><name>a</name><name>b</name></object>'), 'object 1: several <name>'],
  [xml(object('11,5', 1, 20, 5)), 'object 1 (a): no number xmin in <bndbox>, received "11,5"'],
  [' \n', 'it is empty'],
  [xml('', ''), 'no <size> with width and height'],
  [xml('', '<size><width>0</width><height>40</height></size>'), 'no <size>'],
  [xml('', '<size><width>1.5</width><height>40</height></size>'), 'no <size>'],
  ['<annotation/><annotation/>', ''],
  [`<annotation>${'<a>'.repeat(50_000)}${'</a>'.repeat(50_000)}</annotation>`, ''],
  [`<!DOCTYPE a [<!ENTITY b "x"><!ENTITY c "&b;&b;">]>${xml('')}`, 'it declares entities'],
])('%.100s is refused', (text, problem) => {
  expect(() => read(text)).toThrow(CocoFormatError);
  expect(() => read(text)).toThrow(`x/1.xml: ${problem}`);
});

test('sizes that the file lacks come from the picture; others are compared', () => {
  const report = new ConversionReport();
  const sizes = new Map([
    ['1.jpg', { width: 40, height: 100 }],
    ['x/2.jpg', { width: 7, height: 8 }],
  ]);
  const { images } = datasetFromVoc(
    [
      { fileName: 'x/1.xml', xml: xml('') },
      { fileName: 'x/2.xml', xml: '<annotation></annotation>' },
      { fileName: 'y/1.xml', xml: xml('').replace('1.jpg', '3.jpg') },
    ],
    { report, sizeOf: (name) => sizes.get(name) },
  ).toJson();
  expect(images).toMatchObject([
    { file_name: '1.jpg', width: 100, height: 40 },
    { file_name: 'x/2.jpg', width: 7, height: 8 },
    { file_name: 'y/3.jpg', width: 100, height: 40 },
  ]);
  expect(report.entries).toMatchObject([
    { kind: 'no-picture', examples: ['y/3.jpg'] },
    { kind: 'size-differs', examples: ['1.jpg is 40x100, not 100x40'] },
  ]);
});

test('written boxes have a pixel at least, and come from masks where there are no others', () => {
  const gt = CocoDataset.parse({
    images: [{ id: 1, width: 100, height: 40, file_name: 'x\\1.jpg' }],
    categories: [{ id: 1, name: 'a' }],
    annotations: [
      { id: 1, image_id: 1, category_id: 1, segmentation: [[10, 10, 40, 10, 40, 30, 10, 30]] },
      { id: 2, image_id: 1, category_id: 1, bbox: [5.6, 5.6, 0.2, 0.2] },
      { id: 3, image_id: 1, category_id: 1 },
      { id: 4, image_id: 1, category_id: 1, bbox: [99.9, 39.9, 5, 5] },
    ],
  });
  const report = new ConversionReport();
  const [file] = datasetToVoc(gt, { report });
  expect([file!.fileName, file!.picture]).toEqual(['x/1.xml', 'x/1.jpg']);
  const back = datasetFromVoc([file!]).toJson();
  expect(back.images[0]!.file_name).toBe('x/1.jpg');
  expect(back.annotations.map(({ bbox }) => bbox)).toEqual([
    [10, 10, 30, 20],
    [6, 6, 1, 1],
    [99, 39, 1, 1],
  ]);
  expect(report.entries.map(({ kind }) => kind)).toEqual(['no-box', 'clipped', 'mask-dropped']);
  expect(() => datasetToVoc(CocoDataset.parse({ images: [{ id: 1 }], annotations: [] }))).toThrow(
    'an image with width',
  );
  const escaping = { images: [{ id: 1, width: 1, height: 1, file_name: 'a\n/../../escaped.jpg' }], annotations: [] };
  expect(() => datasetToVoc(CocoDataset.parse(escaping))).toThrow('it has control characters');
});

test('two files of one picture are refused: which is right is unknown', () => {
  const files = ['a.xml', 'b.xml'].map((fileName) => ({ fileName, source: `v/${fileName}`, xml: xml('') }));
  expect(() => datasetFromVoc(files)).toThrow('v/b.xml: its <filename> is 1.jpg, as that of v/a.xml');
});

test('what an object has beside its box', () => {
  const report = new ConversionReport();
  const more = '<polygon><x1>1</x1><y1>1</y1></polygon><difficult>True</difficult></object>';
  const read1 = read(xml(object(1, 1, 5, 5).replace('</object>', more)), report);
  expect(read1.annotations[0]).toMatchObject({ bbox: [0, 0, 5, 5], ignore: 1 });
  expect(report.entries.map(({ kind, count }) => [kind, count])).toEqual([['mask-dropped', 1]]);
});
