import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createProgram } from '../program';

let folder: string;
const path = (...names: string[]) => join(folder, ...names);
const printed: string[] = [];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'icconv-convert-'));
  printed.length = 0;
  vi.spyOn(console, 'log').mockImplementation((text: string) => void printed.push(text));
  for (const name of ['images/val', 'labels/val']) mkdirSync(path(name), { recursive: true });
  for (const name of ['1.png', '2.png']) {
    const picture = sharp({ create: { width: 100, height: 40, channels: 3, background: '#777' } });
    await picture.toFile(path('images/val', name));
  }
  writeFileSync(path('labels/val/1.txt'), '1 0.5 0.5 0.2 0.5\n');
  writeFileSync(path('data.yaml'), 'val: images/val\ntrain: images/train\nnames: {0: cat, 1: dog}\n');
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true });
});

const convert = async (...args: string[]) =>
  (await createProgram({ signal: new AbortController().signal }, ['coco']))
    .exitOverride()
    .configureOutput({ writeErr: () => {} })
    .parseAsync(['coco', 'convert', ...args], { from: 'user' });

test('a data.yaml to COCO, told in text and as JSON', async () => {
  await convert(path('data.yaml'), path('out.json'), '--from', 'yolo', '--split', 'val');
  expect(printed.at(-1)).toBe(
    `${path('out.json')}: 2 pictures (1 with objects, 1 without), 1 object\nrows: class cx cy w h\n` +
      'note: pictures without a labels file, which count as background (--labelled-only leaves them out): 1 (images/val/2.png)',
  );
  const { images, annotations } = JSON.parse(readFileSync(path('out.json'), 'utf8'));
  expect(images).toEqual([
    { id: 1, file_name: 'images/val/1.png', width: 100, height: 40 },
    { id: 2, file_name: 'images/val/2.png', width: 100, height: 40 },
  ]);
  expect(annotations).toMatchObject([{ category_id: 2, bbox: [40, 10, 20, 20] }]);
  await convert(path('data.yaml'), path('out.json'), '--from', 'yolo', '--split', 'val', '--labelled-only', '--json');
  expect(JSON.parse(printed.at(-1)!)).toMatchObject({
    from: 'yolo',
    to: 'coco',
    pictures: 1,
    picturesWithoutObjects: 0,
    objects: 1,
    entries: [{ kind: 'unlabelled-left-out', effect: 'left-out', count: 1, examples: ['images/val/2.png'] }],
  });
});

test('names come from a data.yaml too; kinds of rows can be said', async () => {
  const yolo = ['--from', 'yolo', '--images', path('images/val')];
  await convert(path('labels/val'), path('out.json'), ...yolo, '--names', path('data.yaml'));
  expect(JSON.parse(readFileSync(path('out.json'), 'utf8')).categories).toEqual([
    { id: 1, name: 'cat' },
    { id: 2, name: 'dog' },
  ]);
  const posed = convert(path('labels/val'), path('x.json'), ...yolo, '--names', 'a,b', '--keypoints', '2x2');
  await expect(posed).rejects.toThrow(
    '1.txt: line 1: expected class cx cy w h and 2 keypoints x y, received 5 numbers',
  );
  const oriented = convert(path('labels/val'), path('x'), ...yolo, '--to', 'yolo', '--kind', 'obb', '--names', 'a,b');
  await expect(oriented).rejects.toThrow('1.txt: line 1: expected class and four corners x y, received 5 numbers');
  expect(readdirSync(folder).sort()).toEqual(['data.yaml', 'images', 'labels', 'out.json']);
});

test('sizes that a COCO file lacks come from the pictures; other sizes are told', async () => {
  const gt = {
    images: [
      { id: 1, file_name: '1.png' },
      { id: 2, file_name: '2.png', width: 40, height: 100 },
    ],
    categories: [],
    annotations: [],
  };
  writeFileSync(path('gt.json'), JSON.stringify(gt));
  await expect(convert(path('gt.json'), path('voc'), '--from', 'coco', '--to', 'voc')).rejects.toThrow(
    'give their folder',
  );
  await convert(path('gt.json'), path('voc'), '--from', 'coco', '--to', 'voc', '--images', path('images/val'));
  expect(printed.at(-1)).toMatch(/note: pictures of another size than their annotation file says: 1 \(2.png: .*40x100/);
  expect(readFileSync(path('voc/1.xml'), 'utf8')).toContain('<width>100</width>');
});

test('what the output is to be has to be said where the input is COCO', async () => {
  writeFileSync(path('gt.json'), '{"images":[],"annotations":[]}');
  await expect(convert(path('gt.json'), path('x'), '--from', 'coco')).rejects.toThrow(
    'to must be coco or yolo or voc when from is coco',
  );
  await convert(path('gt.json'), path('x.json'), '--from', 'coco', '--to', 'coco');
  expect(printed.at(-1)).toContain('0 pictures');
});
