/** Data as every task opens it. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UnsafeNameError } from '@icconv/base';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { z } from 'zod';
import { CocoDataset, CocoError } from '../src/index';
import {
  DEFAULT_PICTURE_RULES,
  type OpenDataOptions,
  openData,
  type PictureRules,
  pictureFields,
  pictureFiles,
} from '../src/node/index';
import { writePicture } from './pictures';

let folder: string;
const path = (...names: string[]) => join(folder, ...names);
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'icconv-open-'));
  for (const name of ['1.png', '2.png', '3.png']) await writePicture(path('images', name), 40, 20);
});
afterEach(() => rmSync(folder, { recursive: true }));

const BARE = [1, 2, 3].map((id) => ({ id, file_name: `${id}.png` }));
function annotations(images: readonly object[] = BARE): string {
  writeFileSync(path('all.json'), JSON.stringify({ images, annotations: [], categories: [{ id: 1, name: 'a' }] }));
  return path('all.json');
}
const open = (images?: readonly object[], rules?: Partial<PictureRules>, options?: OpenDataOptions) =>
  openData({ name: 'train', annotations: annotations(images), images: path('images') }, rules, options);

test('sizes are filled in, progress is told', async () => {
  const seen: number[][] = [];
  const data = await open(BARE, {}, { onProgress: ({ done, total }) => seen.push([done, total]) });
  expect(seen).toEqual([0, 1, 2, 3].map((done) => [done, 3]));
  expect(data.dataset.loadImgs(1)).toEqual([{ id: 1, file_name: '1.png', width: 40, height: 20 }]);
  expect(data).toMatchObject({ folder: path('images'), skipped: [] });
  expect(data.imageIds).toBeUndefined();
  const unchecked = await open(BARE, { check: false }, { onProgress: () => expect.unreachable() });
  expect(unchecked.dataset.loadImgs(1)).toEqual([BARE[0]]);
});

test('the first pictures only', async () => {
  const source = { annotations: annotations(), images: path('images'), limit: 2 };
  expect((await openData(source)).imageIds).toEqual([1, 2]);
  expect((await openData({ ...source, limit: 3 })).imageIds).toBeUndefined();
});

test('pictures that cannot be read stop it with the remedy, or are left out and told', async () => {
  const images = [...BARE, { id: 4, file_name: 'gone.png' }];
  const error = await open(images).catch((reason: unknown) => reason as CocoError);
  expect(error).toBeInstanceOf(CocoError);
  const { code, message, hints } = error as CocoError;
  expect(code).toBe('ICCONV_COCO_PICTURES');
  expect(message).toBe(
    [
      `${path('all.json')}: 1 of 4 pictures cannot be read:`,
      '  gone.png (image 4): no such file',
      `  missing ones were looked for in ${path('images')}`,
      'option onUnreadable: "skip" (in a configuration data.onUnreadable: skip) leaves such pictures out',
    ].join('\n'),
  );
  expect(hints).toEqual([{ option: 'onUnreadable', value: 'skip', text: 'option onUnreadable: "skip"' }]);
  const notes: string[] = [];
  const skip = { onUnreadable: 'skip' } as const;
  const data = await open(images, skip, { onNote: (note) => notes.push(note) });
  expect(data.imageIds).toEqual([1, 2, 3]);
  expect(data.skipped).toMatchObject([{ imageId: 4, kind: 'missing' }]);
  expect(notes).toEqual([
    `train: left out: gone.png (image 4): no such file\n  missing ones were looked for in ${path('images')}`,
  ]);
  await expect(open(images.slice(3), skip)).rejects.toThrow(/1 of 1 picture cannot be read: none is left/);
});

test('another size is an error, also where unreadable pictures are left out', async () => {
  const images = [{ ...BARE[0], width: 80, height: 40 }];
  await expect(open(images, { onUnreadable: 'skip' })).rejects.toThrow(
    /1 of 1 picture have another size than the file says.*[\s\S]*option check: false \(in a configuration data\.check: false\)/,
  );
  expect((await open(images, { check: false })).dataset.loadImgs(1)).toMatchObject([{ width: 80 }]);
});

test('a folder with classes needs no other folder, and gives some of each class', async () => {
  for (const name of ['a/1.png', 'a/2.png', 'a/3.png', 'b/1.png', 'c/1.png']) {
    await writePicture(path('classes', name), 10, 10);
  }
  mkdirSync(path('classes/d'));
  const notes: string[] = [];
  const source = { name: 'val', annotations: path('classes') };
  const data = await openData(source, {}, { onNote: (note) => notes.push(note) });
  expect(data.folder).toBe(path('classes'));
  expect(pictureFiles(data).map(({ image }) => image)).toContain(path('classes/a/2.png'));
  expect(data.dataset.loadImgs(5)).toMatchObject([{ file_name: 'c/1.png', width: 10 }]);
  expect(notes).toEqual(['val: no picture in 1 class folder, which stay classes: d']);
  // a/1, b/1 and c/1, then a/2; in the order of the folder.
  expect((await openData({ ...source, limit: 4 })).imageIds).toEqual([1, 2, 4, 5]);
  expect((await openData({ ...source, limit: 2 })).imageIds).toEqual([1, 4]);
});

test('a file needs the folder of its pictures', async () => {
  await expect(openData({ annotations: annotations() })).rejects.toThrow(
    /openData: images must be the folder of the pictures, as .*all\.json is no folder with classes, received undefined/,
  );
  await expect(openData({ annotations: path('gone.json'), images: folder })).rejects.toThrow(
    /gone\.json: cannot be read/,
  );
});

test('where the pictures lie', () => {
  const of = (images: readonly object[], imageIds?: readonly number[]) =>
    pictureFiles({
      dataset: CocoDataset.parse({ images, annotations: [], categories: [] } as never),
      folder: '/data',
      ...(imageIds !== undefined && { imageIds }),
    });
  expect(of([...BARE.slice(1), { id: 9, file_name: 'x\\y.png' }], [9, 2])).toEqual([
    { imageId: 9, name: 'x\\y.png', image: '/data/x/y.png' },
    { imageId: 2, name: '2.png', image: '/data/2.png' },
  ]);
  expect(() => of([])).toThrow('pictureFiles: dataset must be a data set with pictures, received "no pictures"');
  expect(() => of([{ id: 7 }])).toThrow('file_name must be the name of a file, for image 7, received undefined');
  expect(() => of([{ id: 7, file_name: '../a.png' }])).toThrow(UnsafeNameError);
});

test('the rules are what a configuration may say', () => {
  const fields = z.strictObject(pictureFields);
  expect(fields.parse(DEFAULT_PICTURE_RULES)).toEqual(DEFAULT_PICTURE_RULES);
  expect(Object.keys(pictureFields)).toEqual(Object.keys(DEFAULT_PICTURE_RULES));
  expect(fields.safeParse({ onUnreadable: 'ask' }).success).toBe(false);
});

test('a data.yaml: pictures and labels where it says, one part of it, what is odd about it told', async () => {
  mkdirSync(path('labels'));
  writeFileSync(path('labels', '2.txt'), '0 0.5 0.5 0.5 0.5\n');
  writeFileSync(path('list.txt'), './images/1.png\n./images/2.png\n');
  writeFileSync(path('data.yaml'), 'train: images\nval: list.txt\nnames: [a]\n');
  const source = { name: 'val', annotations: path('data.yaml') };
  const notes: string[] = [];
  const data = await openData({ ...source, split: 'val' }, {}, { onNote: (note) => notes.push(note) });
  expect(data.folder).toBe(folder);
  expect(data.dataset.loadImgs(data.dataset.getImgIds()).map(({ file_name }) => file_name)).toEqual([
    'images/1.png',
    'images/2.png',
  ]);
  expect(data.dataset.loadAnns(data.dataset.getAnnIds()).map(({ bbox }) => bbox)).toEqual([[10, 5, 20, 10]]);
  expect(notes.join('\n')).toMatch(/^val: .*\n.*\nnote: pictures without a labels file.*images\/1\.png/);
  await expect(openData(source)).rejects.toThrow(/train or val/);
});
