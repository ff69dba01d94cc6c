/**
 * Label files, XML and descriptions, changed at random: what comes out is an error of the family, or objects that can be. Seeded; longer
 * with ICCONV_FUZZ_SECONDS.
 */
import { type FuzzRandom, fuzz, fuzzSeconds, mutateText } from '@icconv/test-utils';
import { expect, test } from 'vitest';
import * as yaml from 'yaml';
import { datasetFromVoc, datasetFromYolo, datasetToVoc, datasetToYolo, resultsFromCsv } from '../src/convert/index';
import type { CocoDataset } from '../src/index';
import { parseDataYaml } from '../src/node/data-yaml';

const SECONDS = fuzzSeconds(8);

const PIECES = [
  '',
  ' ',
  '\n',
  '\r\n',
  '\t',
  '\0',
  '\ufeff',
  '-',
  '+',
  '.',
  'e',
  '0',
  '1',
  '2',
  '1.0005',
  '1.5',
  '-0.1',
  '50',
  '1e999',
  '1e-9',
  'nan',
  'inf',
  '0x10',
  '9'.repeat(30),
  '../',
  '..\\',
  '/',
  'C:',
  'http://h/',
  '&amp;',
  '&#0;',
  '&b;',
  '<',
  '>',
  '</',
  '<object>',
  '</object>',
  '<name>',
  '<!ENTITY b "c">',
  '<![CDATA[',
  ']]>',
  '<!--',
  '__proto__',
  'constructor',
  '*a',
  '&a ',
  '[',
  ']',
  '{',
  '}',
  ': ',
  '- ',
  '<<: *a',
  '? ',
  '|',
  '"',
  "'",
  '#',
  '!!js/function',
  '%',
  'names',
  'nc',
  'path',
  'kpt_shape',
  '\u2028',
  '\ud800',
  '😀',
];

/** Everything in the dataset can be: boxes with an extent inside their picture, known categories, names inside a folder. */
function expectPlausible(dataset: CocoDataset): void {
  const { images, annotations, categories = [] } = dataset.toJson();
  const ids = new Set(categories.map(({ id }) => id));
  const sizes = new Map(images.map((image) => [image.id, image]));
  for (const { file_name: name = '' } of images) {
    if (name === '' || name.startsWith('/') || name.split(/[\\/]/).includes('..') || /\p{Cc}/u.test(name)) {
      throw new Error(`a name: ${JSON.stringify(name)}`);
    }
  }
  for (const { image_id, category_id, bbox, segmentation, keypoints = [], area } of annotations) {
    const { width = 0, height = 0 } = sizes.get(image_id)!;
    const [x, y, w, h] = bbox as [number, number, number, number];
    const inside = x >= -1e-6 && y >= -1e-6 && x + w <= width + 1e-6 && y + h <= height + 1e-6;
    const polygon = (segmentation as number[][] | undefined)?.[0] ?? [];
    const points = polygon.every((v, i) => v >= 0 && v <= (i % 2 === 0 ? width : height));
    const poses = keypoints.every((v, i) => v >= 0 && v <= [width, height, 2][i % 3]!);
    if (!inside || !(w > 0) || !(h > 0) || !(area! > 0) || !points || !poses || !ids.has(category_id!)) {
      throw new Error(`an object: ${JSON.stringify({ bbox, area, polygon, keypoints, category_id, width, height })}`);
    }
  }
  // And goes out again.
  datasetToYolo(dataset, { kind: 'segment' });
  datasetToVoc(dataset);
}

const changed = (text: string, random: FuzzRandom) => mutateText(text, random, PIECES);

const run = (seeds: readonly string[], share: number, read: (text: string) => void) =>
  fuzz({ seconds: SECONDS * share, seeds, mutate: changed, read });

const LABELS = [
  '0 0.5 0.5 0.8 0.4\n1 0.25 0.5 0.5 1\n',
  '0 0.1 0.1 0.5 0.1 0.5 0.5\n1 0.5 0.5 0.2 0.2\n0 0.5 0.5 0.9 0.5 0.9 0.7 0.5 0.7\n',
  '0 0.5 0.5 0.4 0.4 0.4 0.4 2 0.6 0.6 1 0.9 0.9 0\n1 0.5 0.5 0.4 0.4 0.4 0.4 2 0.6 0.6 1 0.9 0.9 0\n',
  '1 0.5 0.5 0.4 0.4 0.35 0.35 0.65 0.65 0.65 0.35 0.35 0.65 0 0\n',
];
const BOX = '<bndbox><xmin>11</xmin><ymin>1</ymin><xmax>40</xmax><ymax>30</ymax></bndbox>';
const XML = [
  `<annotation><folder>x</folder><filename>1.jpg</filename><size><width>100</width><height>40</height></size><object><name>a</name><difficult>1</difficult>${BOX}</object><object><name>b &amp; c</name>${BOX}</object></annotation>`,
  `<?xml version="1.0"?><!DOCTYPE x><annotation verified="no"><size><width>100</width><height>40</height></size><object><name>a</name>${BOX}<part><name>head</name>${BOX}</part></object></annotation>`,
];
const YAML = [
  'path: ../set # root\ntrain: images/train\nval: [images/val, more/val.txt]\ntest:\nnames:\n  0: cat\n  1: dog\n',
  'nc: 2\nnames: &a [a, "b: c"]\nval: ../valid/images\nkpt_shape: [17, 3]\nflip_idx: [0, 2, 1]\nother: *a\n',
];
const CSV = ['image_id,category_id,x,y,width,height,score\n1,2,3,4.5,5,6,0.5\n"a,b",2,0,0,1,1,1e-3\n'];

test('changed label files', { timeout: 60_000 + SECONDS * 1000 }, async () => {
  const counts = await run(LABELS, 0.3, (labels) => {
    const image = { fileName: 'p.jpg', width: 100, height: 40, labels };
    expectPlausible(datasetFromYolo({ names: ['a', 'b'], images: [image] }));
  });
  expect(counts.read).toBeGreaterThan(counts.runs / 100);
});

test('changed VOC files', { timeout: 60_000 + SECONDS * 1000 }, async () => {
  const counts = await run(XML, 0.3, (xml) => expectPlausible(datasetFromVoc([{ fileName: 'x/1.xml', xml }])));
  expect(counts.read).toBeGreaterThan(counts.runs / 100);
});

test('changed descriptions', { timeout: 60_000 + SECONDS * 1000 }, async () => {
  const counts = await run(YAML, 0.25, (text) => {
    const { names, splits, keypointShape = [1, 2] } = parseDataYaml(text, 'data.yaml', yaml);
    const entries = Object.values(splits).flat();
    if (names.length === 0 || ![...names, ...entries].every((name) => typeof name === 'string' && name !== '')) {
      throw new Error('names that are none');
    }
    if (!(keypointShape[0] >= 1)) throw new Error('a shape that is none');
  });
  expect(counts.read).toBeGreaterThan(counts.runs / 100);
});

test('changed CSV files', { timeout: 60_000 + SECONDS * 1000 }, async () => {
  const counts = await run(CSV, 0.15, (text) => {
    for (const { bbox = [], score } of resultsFromCsv(text)) {
      if (bbox.length !== 4 || ![...bbox, score].every(Number.isFinite)) throw new Error('a detection that is none');
    }
  });
  expect(counts.read).toBeGreaterThan(counts.runs / 100);
});
