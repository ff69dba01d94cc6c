/** Folders of YOLO labels and VOC files, with their pictures. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import * as yaml from 'yaml';
import { CocoDataset, ConversionReport } from '../src/index';
import { parseDataYaml } from '../src/node/data-yaml';
import { loadVoc, loadYolo, loadYoloResults, readClassNames, saveVoc, saveYolo } from '../src/node/index';
import { writePicture } from './pictures';

let folder: string;
const path = (...names: string[]) => join(folder, ...names);
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'icconv-folders-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function write(name: string, text: string | Uint8Array): void {
  mkdirSync(dirname(path(name)), { recursive: true });
  writeFileSync(path(name), text);
}
const files = (...names: string[]) =>
  readdirSync(path(...names), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(path(...names).length + 1))
    .sort();
const named = (...names: string[]) =>
  CocoDataset.parse({
    images: names.map((file_name, i) => ({ id: i + 1, width: 100, height: 40, file_name })),
    categories: [{ id: 1, name: 'a' }],
    annotations: names.map((_, i) => ({ id: i + 1, image_id: i + 1, category_id: 1, bbox: [i, 0, 10, 10], area: 100 })),
  });
const boxesOf = (dataset: CocoDataset) =>
  Object.fromEntries(
    dataset
      .toJson()
      .images.map(({ id, file_name }) => [
        file_name,
        dataset.rows({ imgIds: id }).map((row) => dataset.annotation(row).bbox!.map((v) => Math.round(v * 1e6) / 1e6)),
      ]),
  );

test('sizes are those of the upright picture', async () => {
  await writePicture(path('images/p.jpg'), 100, 40, 6);
  write('labels/p.txt', '0 0.5 0.5 0.8 0.4\n');
  const dataset = await loadYolo(path('labels'), { images: path('images'), names: ['a'] });
  expect(dataset.image(0)).toMatchObject({ width: 40, height: 100 });
  expect(dataset.annotation(0).bbox).toEqual([4, 30, 32, 40]);
  write('voc/p.xml', '<annotation><size><width>100</width><height>40</height></size></annotation>');
  const report = new ConversionReport();
  await loadVoc(path('voc'), { images: path('images'), report });
  expect(report.entries).toMatchObject([{ kind: 'size-differs', examples: ['p.jpg is 40x100, not 100x40'] }]);
});

test('pictures of one name in several folders keep their folders, and come back', async () => {
  const dataset = named('x/1.jpg', 'y\\1.jpg', '2.png');
  for (const name of ['x/1.jpg', 'y/1.jpg', '2.png']) await writePicture(path('images', name), 100, 40);
  await saveYolo(path('yolo'), dataset);
  expect(files('yolo')).toEqual(['2.txt', 'classes.txt', 'x/1.txt', 'y/1.txt']);
  const boxes = { 'x/1.jpg': [[0, 0, 10, 10]], 'y/1.jpg': [[1, 0, 10, 10]], '2.png': [[2, 0, 10, 10]] };
  expect(boxesOf(await loadYolo(path('yolo'), { images: path('images') }))).toEqual(boxes);
  await saveVoc(path('voc'), dataset);
  expect(files('voc')).toEqual(['2.xml', 'x/1.xml', 'y/1.xml']);
  const voc = boxesOf(await loadVoc(path('voc')));
  expect(voc).toEqual({ 'x/1.jpg': boxes['x/1.jpg'], 'y/1.jpg': boxes['y/1.jpg'], '2.png': boxes['2.png'] });
});

test('two pictures never share a file', async () => {
  for (const [names, message] of [
    [['1.jpg', '1.png'], '1.jpg and 1.png would both be written to 1.txt'],
    [['a/1.jpg', 'A/1.jpg'], 'a/1.jpg and A/1.jpg would both be written to A/1.txt'],
    [['classes.jpg'], 'the names of the classes and classes.jpg would both be written to classes.txt'],
  ] as const) {
    await expect(saveYolo(path('yolo'), named(...names))).rejects.toThrow(message);
  }
  await expect(saveVoc(path('voc'), named('1.jpg', '1.png'))).rejects.toThrow('1.jpg and 1.png would both');
  expect(files('.')).toEqual([]);
  await writePicture(path('images/1.jpg'), 4, 4);
  await writePicture(path('images/1.png'), 4, 4);
  write('labels/1.txt', '');
  const both = loadYolo(path('labels'), { images: path('images'), names: ['a'] });
  await expect(both).rejects.toThrow('1.jpg and 1.png would both');
});

test('an older folder is replaced whole, but nothing is lost that is not written anew', async () => {
  await saveYolo(path('yolo'), named('1.jpg', '2.jpg'));
  await saveYolo(path('yolo'), named('2.jpg', '1.jpg'));
  expect(readFileSync(path('yolo/2.txt'), 'utf8')).toBe('0 0.05 0.125 0.1 0.25\n');
  await expect(saveYolo(path('yolo'), named('1.jpg'))).rejects.toThrow('the folder holds other files (2.txt)');
  await saveVoc(path('voc'), named('1.jpg'));
  await expect(saveVoc(path('voc'), named('2.jpg'))).rejects.toThrow('the folder holds other files (1.xml)');
  expect(files('.')).toEqual(['voc/1.xml', 'yolo/1.txt', 'yolo/2.txt', 'yolo/classes.txt']);
});

test('pictures without labels and labels without a picture are told', async () => {
  for (const name of ['1.png', '2.png', 'sub/3.png']) await writePicture(path('images', name), 100, 40);
  write('labels/1.txt', '0 0.5 0.5 0.2 0.2\n');
  write('labels/2.txt', '');
  write('labels/lost.txt', '0 0.5 0.5 0.2 0.2\n');
  write('labels/classes.txt', 'a\n');
  const count = async (options: object) => {
    const report = new ConversionReport();
    await loadYolo(path('labels'), { images: path('images'), report, ...options });
    const { pictures, picturesWithObjects, entries } = report.toJSON();
    return [pictures, picturesWithObjects, entries.map(({ kind, examples }) => [kind, ...examples])];
  };
  const lost = ['label-without-picture', path('labels/lost.txt')];
  expect(await count({})).toEqual([3, 1, [lost, ['picture-without-label', 'sub/3.png']]]);
  expect(await count({ labelledOnly: true })).toEqual([2, 1, [lost, ['unlabelled-left-out', 'sub/3.png']]]);
});

test('labels of other pictures, and options that say nothing here, are refused', async () => {
  await writePicture(path('images/train/1.png'), 4, 4);
  write('labels/1.txt', '');
  write('labels/classes.txt', 'a\n');
  const images = path('images');
  await expect(loadYolo(path('labels'), { images })).rejects.toThrow(
    'no labels file belongs to a picture: train/1.png',
  );
  await expect(loadYolo(path('labels'), { images, split: 'val' })).rejects.toThrow('a data.yaml has splits');
  write('data.yaml', 'val: images\nnames: [a]\n');
  await expect(loadYolo(path('data.yaml'), { images })).rejects.toThrow('not given for a data.yaml');
});

test('a data.yaml: folders in folders, lists of them, lists of pictures', async () => {
  for (const name of ['images/train/a/1.png', 'images/train2/2.png', 'images/val/3.png', 'images/val/4.png']) {
    await writePicture(path('set', name), 100, 40);
    write(`set/${name.replace('images', 'labels').replace('.png', '.txt')}`, '1 0.5 0.5 0.2 0.5\n');
  }
  write('set/val.txt', './images/val/4.png\n');
  const yaml = (lines: string) => write('set/data.yaml', `path: .\n${lines}names:\n  0: cat\n  1: dog\n`);
  yaml('train: [images/train, images\\train2]\nval: val.txt\ntest:\n');
  const read = (split?: 'train' | 'val' | 'test') =>
    loadYolo(path('set/data.yaml'), split === undefined ? {} : { split });
  const box = [[40, 10, 20, 20]];
  expect(boxesOf(await read('train'))).toEqual({ 'images/train/a/1.png': box, 'images/train2/2.png': box });
  const val = await read('val');
  expect(boxesOf(val)).toEqual({ 'images/val/4.png': box });
  expect(val.loadCats(val.annotation(0).category_id!)[0]!.name).toBe('dog');
  await expect(read()).rejects.toThrow('split must be train or val');
  await expect(read('test')).rejects.toThrow('split must be train or val');
  for (const [entry, message] of [
    ['val: ../other\n', 'does not lie in'],
    ['val: /etc\n', 'does not lie in'],
    ['val: none\n', 'set path to the folder that holds all pictures'],
    ['val: [1]\n', 'val must be folders or lists'],
    ['', 'names no folder of pictures'],
  ] as const) {
    yaml(entry);
    await expect(read()).rejects.toThrow(message);
  }
  mkdirSync(path('images/val'), { recursive: true });
  yaml('val: ../images/val\n');
  await expect(read()).rejects.toThrow('does not lie in');
  write('set/evil.txt', '../../secret.png\n');
  yaml('val: evil.txt\n');
  await expect(read()).rejects.toThrow('it goes up by ".."');
  // As exported by Roboflow, and moved here from another machine.
  await writePicture(path('set/valid/images/5.png'), 100, 40);
  write('set/valid/labels/5.txt', '0 0.5 0.5 0.2 0.5\n');
  write('set/data.yaml', 'path: /content/set\nval: ../valid/images\nnc: 1\nnames: [x]\n');
  expect(boxesOf(await read())).toEqual({ 'valid/images/5.png': box });
});

test('poses of a data.yaml', async () => {
  await writePicture(path('images/1.png'), 100, 40);
  write('labels/1.txt', '0 0.5 0.5 0.2 0.5 0.45 0.5 0.55 0.5\n');
  write(
    'data.yml',
    'val: images\nnames: [person]\nkpt_shape: [2, 2]\nflip_idx: [1, 0]\nkpt_names: {0: [left, right]}\n',
  );
  const dataset = await loadYolo(path('data.yml'));
  expect(dataset.categories[0]).toMatchObject({ name: 'person', keypoints: ['left', 'right'] });
  expect(dataset.annotation(0).keypoints).toEqual([45, 20, 2, 55, 20, 2]);
});

test('keypoints without names are called by their pairs', () => {
  const named = (flip: string, count = 4) =>
    parseDataYaml(`names: [a]\nkpt_shape: [${count}, 3]\nflip_idx: ${flip}\n`, 'd.yaml', yaml).keypointNames;
  expect(named('[0, 2, 1, 3]')).toEqual(['keypoint_1', 'left_2', 'right_2', 'keypoint_4']);
  expect(named('')).toEqual(['keypoint_1', 'keypoint_2', 'keypoint_3', 'keypoint_4']);
  const person = named('[0, 2, 1, 4, 3, 6, 5, 8, 7, 10, 9, 12, 11, 14, 13, 16, 15]', 17)!;
  expect([person[0], person[1], person[16]]).toEqual(['nose', 'left_eye', 'right_ankle']);
});

test('names of classes, from whatever file people have', async () => {
  write('a.yaml', 'nc: 2\nnames: [a, b]\n');
  write('b.txt', '\ufeffa\r\n b \n\n');
  expect(await readClassNames(path('a.yaml'))).toEqual(['a', 'b']);
  expect(await readClassNames(path('b.txt'))).toEqual(['a', 'b']);
  write('utf16.txt', Buffer.from('\ufeffé\r\nb\r\n', 'utf16le'));
  expect(await readClassNames(path('utf16.txt'))).toEqual(['é', 'b']);
});

test.each([
  ['a\n\nb\n', 'line 2 is empty: each line is the name of a class'],
  ['', 'line 1 is empty'],
  ['0 a\n1 b\n', 'the lines begin with their numbers (0 a)'],
  ['0: a\n1: b\n', 'the lines begin with their numbers'],
  [Buffer.from('caf\xe9\n', 'latin1'), 'line 1 is no text in UTF-8'],
])('names of classes that would be others are refused: %j', async (text, problem) => {
  write('c.txt', text);
  await expect(readClassNames(path('c.txt'))).rejects.toThrow(problem);
});

test.each([
  ['nc: 2', ['class_0', 'class_1']],
  ['names: [1, true, no]', ['1', 'true', 'no']],
  ['names: {1: b, 0: a}', ['a', 'b']],
])('names in %s', (text, names) => {
  expect(parseDataYaml(text, 'd.yaml', yaml).names).toEqual(names);
});

const bomb = [
  'a: &a [x, x, x, x, x, x, x, x, x]',
  ...'bcdefghi'.split('').map((k, i) => {
    const before = 'abcdefgh'[i];
    return `${k}: &${k} [${Array(9).fill(`*${before}`).join(', ')}]`;
  }),
  'names: *i',
].join('\n');
test.each([
  ['nc: 3\nnames: [a, b]', 'd.yaml: nc is 3, but there are 2 names'],
  ['nc: 1e9', 'nc must be the number of classes'],
  ['names: {0: a, 2: b}', 'names: class numbers must be 0 to 1, received "2"'],
  ['names: {a: 0, b: 1}', 'names: class numbers must be 0 to 1, received "a"'],
  ['names: [a, [b]]', 'names: class 1 has no name'],
  ['names: a', 'names must be a list, or a map'],
  ['names: []', 'names is empty'],
  ['val: images', 'no names of classes'],
  ['names: [a]\nkpt_shape: [17, 4]', 'kpt_shape must be [keypoints, 2 or 3], received [17,4]'],
  ['names: [a]\nkpt_shape: [2, 3]\nflip_idx: [1, 1]', 'flip_idx must be 2 keypoint numbers in pairs, received [1,1]'],
  ['names: [a]\nkpt_shape: [2, 3]\nkpt_names: [nose]', 'kpt_names must be a list of 2 names'],
  ['names: [a]\npath: [x]', 'path must be the name of a folder'],
  ['- a', 'expected fields as names'],
  ['names: [a', 'd.yaml: no YAML: line 1'],
  ['a: 1\na: 2', 'no YAML: line 2: Map keys must be unique'],
  [bomb, 'no YAML: Excessive alias count'],
  ['['.repeat(20_000), 'no YAML'],
])('%.40s is refused', (text, message) => {
  expect(() => parseDataYaml(text, 'd.yaml', yaml)).toThrow(message);
});

test('a link to a folder above is not followed for ever', async () => {
  await writePicture(path('images/1.png'), 4, 4);
  symlinkSync(path('images'), path('images/again'));
  write('labels/1.txt', '');
  expect((await loadYolo(path('labels'), { images: path('images'), names: ['a'] })).imageCount).toBe(1);
});

test('results of pictures in folders', async () => {
  await writePicture(path('images/x/1.png'), 100, 40);
  await writePicture(path('images/y/1.png'), 100, 40);
  write('labels/y/1.txt', '0 0.5 0.5 0.2 0.5 0.25\n');
  const report = new ConversionReport();
  const dataset = named('x/1.png', 'y/1.png');
  const results = await loadYoloResults(path('labels'), { images: path('images'), dataset, report });
  expect([...results]).toEqual([{ image_id: 2, category_id: 1, bbox: [40, 10, 20, 20], score: 0.25 }]);
  expect(report.layout).toBe('class cx cy w h score');
});
