/** Folders with one folder of pictures for each class, read as labels. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { FileError, UnsafeNameError } from '@icconv/base';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { CocoFormatError, withSizes } from '../src/index';
import { checkPictures, describeDataset, loadClassFolder, loadDataset, saveDataset } from '../src/node/index';
import { writePicture } from './pictures';

let folder: string;
const path = (...names: string[]) => join(folder, ...names);
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'icconv-classes-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Files of one byte: what is in them is not looked at here. */
function touch(...names: string[]): void {
  for (const name of names) {
    mkdirSync(dirname(path(name)), { recursive: true });
    writeFileSync(path(name), '.');
  }
}

/** Names of the pictures and of their classes, and what was told. */
async function read(at = folder) {
  const notes: string[] = [];
  const dataset = await loadClassFolder(at, { onNote: (note) => notes.push(note) });
  const names = new Map(dataset.categories.map(({ id, name }) => [id, name]));
  const { images, annotations } = dataset.toJson();
  const labels = annotations.map(({ image_id, category_id }) => [
    images.find(({ id }) => id === image_id)!.file_name,
    names.get(category_id!),
  ]);
  return { dataset, classes: dataset.categories.map(({ name }) => name), labels, notes };
}

test('a class of each folder, pictures of the folders in it too', async () => {
  touch('wren/b.jpg', 'wren/A.PNG', 'robin/deep/er/c.webp', 'robin/notes.txt', 'robin/.hidden.jpg', '.cache/d.jpg');
  const { dataset, classes, labels, notes } = await read();
  expect(classes).toEqual(['robin', 'wren']);
  expect(labels).toEqual([
    ['robin/deep/er/c.webp', 'robin'],
    ['wren/A.PNG', 'wren'],
    ['wren/b.jpg', 'wren'],
  ]);
  expect(notes).toEqual([]);
  expect(dataset.annotation(0)).toEqual({ id: 1, image_id: 1, category_id: 1 });
});

test('labels are checked, measured, told apart and written like other data', async () => {
  await writePicture(path('a/1.png'), 8, 6);
  await writePicture(path('b/2.jpg'), 5, 4);
  writeFileSync(path('b/3.jpg'), '');
  const dataset = await loadClassFolder(folder);
  const { faults, sizes } = await checkPictures(dataset, folder);
  expect(faults).toMatchObject([{ name: 'b/3.jpg', kind: 'unreadable' }]);
  const sized = withSizes(dataset, sizes);
  expect(sized.loadImgs([1, 2, 3])).toEqual([
    { id: 1, file_name: 'a/1.png', width: 8, height: 6 },
    { id: 2, file_name: 'b/2.jpg', width: 5, height: 4 },
    { id: 3, file_name: 'b/3.jpg' },
  ]);
  const description = describeDataset(dataset);
  expect(description).toMatchObject({ images: 3, annotations: 3 });
  expect(describeDataset(await loadClassFolder(folder))).toEqual(description);
  // Whether the pictures were looked at makes no other data of it.
  expect(describeDataset(sized)).toEqual(description);
  rmSync(path('b/3.jpg'));
  touch('a/3.jpg');
  expect(describeDataset(await loadClassFolder(folder)).digest).not.toBe(description.digest);

  await saveDataset(path('labels.json'), sized);
  expect((await loadDataset(path('labels.json'))).toJson()).toEqual(sized.toJson());
});

/** No two of them the same to a disk that takes no notice of case. */
const className = fc.stringMatching(/^[a-zA-Z0-9_é😀＃ -]{1,8}$/u).filter((name) => name.trim() === name);
const fileName = fc.stringMatching(/^[a-z0-9]{1,5}(\/[a-z0-9]{1,3}){0,2}$/);
const tree = fc.uniqueArray(fc.tuple(className, fc.uniqueArray(fileName, { minLength: 1, maxLength: 4 })), {
  selector: ([name]) => name.toLowerCase(),
  minLength: 1,
  maxLength: 5,
});

test('every picture is there once, with its class, whatever the tree', async () => {
  await fc.assert(
    fc.asyncProperty(tree, async (classes) => {
      const at = mkdtempSync(join(folder, 'tree-'));
      for (const [name, files] of classes) {
        for (const file of files) {
          mkdirSync(dirname(join(at, name, `${file}.jpg`)), { recursive: true });
          writeFileSync(join(at, name, `${file}.jpg`), '.');
        }
      }
      const dataset = await loadClassFolder(at);
      // As Python sorts: by code points, where JavaScript's own order is by halves of surrogate pairs.
      const points = (name: string) => Array.from(name, (letter) => letter.codePointAt(0)!);
      const names = classes.map(([name]) => name);
      const sorted = dataset.categories.map(({ name }) => points(name));
      expect(new Set(dataset.categories.map(({ name }) => name))).toEqual(new Set(names));
      for (const [i, own] of sorted.slice(1).entries()) expect(compare(sorted[i]!, own)).toBeLessThan(0);
      const expected = classes.flatMap(([name, files]) => files.map((file) => `${name}/${file}.jpg`));
      const { images, annotations } = dataset.toJson();
      expect(images.map(({ file_name }) => file_name)).toEqual(expected.sort());
      for (const [i, { image_id, category_id }] of annotations.entries()) {
        expect(image_id).toBe(images[i]!.id);
        const { name } = dataset.loadCats(category_id!)[0]!;
        expect(images[i]!.file_name!.startsWith(`${name}/`)).toBe(true);
      }
    }),
    { numRuns: 40 },
  );
});

function compare(a: readonly number[], b: readonly number[]): number {
  const at = a.findIndex((value, i) => value !== b[i]);
  return at < 0 ? a.length - b.length : a[at]! - (b[at] ?? -1);
}

test('what is no folder of classes is refused with the remedy', async () => {
  await expect(loadClassFolder(path('gone'))).rejects.toThrow(/gone: cannot be read: no such file or folder/);
  await expect(loadClassFolder(folder)).rejects.toThrow(
    'no class folders, expected is one folder with pictures for each',
  );
  touch('file.jpg');
  const file = await loadClassFolder(path('file.jpg')).catch((error: unknown) => error);
  expect(file).toBeInstanceOf(FileError);
  expect((file as Error).message).toMatch(/it is a file; expected is a folder with one folder for each class$/);
  await expect(loadClassFolder(folder)).rejects.toThrow(
    'no class folders: its 1 picture (file.jpg) lie in it directly; put those of each class into a folder of its name',
  );
  for (const [name, remedy] of [
    ['val.json', 'give the file itself for annotations in COCO'],
    ['data.yaml', 'give the file itself for a description of YOLO labels'],
    ['a.xml', /^.*Pascal VOC, icconv coco convert FOLDER train\.json --from voc, and give that$/],
    ['a.txt', /^.*YOLO labels, icconv coco convert FOLDER train\.json --from yolo --images IMAGES, and give that$/],
  ] as const) {
    const here = path(`only ${name}`);
    mkdirSync(here);
    touch(`only ${name}/${name}`);
    const error = await loadClassFolder(here).catch((reason: unknown) => reason as Error);
    expect(String(error)).toContain(`no class folders, but ${name}: `);
    expect(String(error)).toMatch(remedy);
    rmSync(here, { recursive: true });
  }
  mkdirSync(path('cat'));
  const empty = await loadClassFolder(folder).catch((error: unknown) => error);
  expect(empty).toBeInstanceOf(CocoFormatError);
  expect((empty as Error).message).toMatch(/no picture in its class folders \(cat\); endings of pictures are \.jpg/);
});

test('names that are one name on another disk are refused', async () => {
  touch('cat/1.jpg', 'Cat/2.jpg');
  await expect(loadClassFolder(folder)).rejects.toThrow(
    /the class folders "(cat|Cat)" and "(cat|Cat)" differ only in case .*; put their pictures into one, or rename one/,
  );
  rmSync(path('Cat'), { recursive: true });
  touch('caf\u00e9/1.jpg', 'cafe\u0301/2.jpg');
  await expect(loadClassFolder(folder)).rejects.toThrow(/differ only in case or in how accents are spelled/);
  rmSync(path('caf\u00e9'), { recursive: true });
  const { classes, labels } = await read();
  expect(classes).toEqual(['caf\u00e9', 'cat']);
  expect(labels[0]).toEqual(['cafe\u0301/2.jpg', 'caf\u00e9']);
  mkdirSync(path('a\\b'));
  await expect(loadClassFolder(folder)).rejects.toThrow(UnsafeNameError);
});

test('a picture whose name has a backslash is refused by the name that it has', async () => {
  touch('cat/1.jpg', 'cat/a\\b.jpg', 'dog/2.jpg');
  const error = await loadClassFolder(folder).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(UnsafeNameError);
  expect(error).toMatchObject({ received: 'cat/a\\b.jpg' });
  expect((error as Error).message).toMatch(
    /^\S*icconv-classes-\S+: .* a backslash separates folders elsewhere; rename it$/,
  );
});

test('what may not be meant is told', async () => {
  touch('cat/1.jpg', 'dog/1.jpg', 'loose.jpg');
  mkdirSync(path('bird'));
  const { classes, notes } = await read();
  expect(classes).toEqual(['bird', 'cat', 'dog']);
  expect(notes).toEqual([
    'no picture in 1 class folder, which stay classes: bird',
    '1 picture beside the class folders, of no class and left out: loose.jpg',
  ]);
  touch('only/x/1.jpg', 'only/y/1.jpg', 'root/only/1.jpg');
  expect((await read(path('root'))).notes).toEqual(['only is the only class']);
  touch('outer/only/x/1.jpg', 'outer/only/y/1.jpg');
  expect((await read(path('outer'))).notes).toEqual([
    `only is the only class; if x, y are meant, give ${path('outer/only')}`,
  ]);
  touch('split/train/a/1.jpg', 'split/val/a/1.jpg');
  expect((await read(path('split'))).notes).toEqual([
    `the classes are train, val, which reads like parts of a data set; if so, give ${path('split/train')}`,
  ]);
});

test('links are followed; those out of the folder are told, those in a circle end, and dangling ones are missing', async () => {
  touch('data/cat/1.jpg', 'elsewhere/dogs/2.jpg', 'elsewhere/3.jpg');
  symlinkSync(path('elsewhere/dogs'), path('data/dog'));
  symlinkSync(path('elsewhere/3.jpg'), path('data/cat/3.jpg'));
  symlinkSync(path('data'), path('data/cat/all'));
  symlinkSync(path('data/cat/1.jpg'), path('data/cat/same.jpg'));
  symlinkSync(path('nowhere.jpg'), path('data/cat/gone.jpg'));
  const { dataset, labels, notes } = await read(path('data'));
  expect(labels).toEqual([
    ['cat/1.jpg', 'cat'],
    ['cat/3.jpg', 'cat'],
    ['cat/gone.jpg', 'cat'],
    ['cat/same.jpg', 'cat'],
    ['dog/2.jpg', 'dog'],
  ]);
  expect(notes).toEqual(['2 symbolic links out of the folder, followed: cat/3.jpg, dog']);
  const { faults } = await checkPictures(dataset, path('data'));
  expect(faults.filter(({ kind }) => kind === 'missing').map(({ name }) => name)).toEqual(['cat/gone.jpg']);
});

test('an abort ends it', async () => {
  touch('a/1.jpg');
  await expect(loadClassFolder(folder, { signal: AbortSignal.abort(new Error('enough')) })).rejects.toThrow('enough');
});
