import { readFileSync } from 'node:fs';
import { testData } from '@icconv/test-utils';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CocoArgumentError, CocoDataset, CocoError, type CocoFile, CocoFormatError, rleArea } from '../src/index';

const small: CocoFile = {
  info: { year: 2024 },
  images: [
    { id: 7, width: 20, height: 10, file_name: 'a.jpg', coco_url: 'http://x/"a"' },
    { id: 'left', width: 5, height: 5 },
    { id: 9, width: 8, height: 8 },
  ],
  categories: [
    { id: 3, name: 'cat', supercategory: 'animal' },
    { id: 40, name: 'cup', supercategory: 'thing' },
  ],
  annotations: [
    {
      id: 1,
      image_id: 7,
      category_id: 3,
      bbox: [1, 1, 4, 4],
      area: 12.5,
      iscrowd: 0,
      segmentation: [[1, 1, 5, 1, 5, 5.125, 1, 5]],
    },
    {
      id: 'x',
      image_id: 'left',
      category_id: 40,
      bbox: [0, 0, 5, 5],
      area: 25,
      iscrowd: 1,
      segmentation: { size: [5, 5], counts: [0, 25] },
    },
    {
      id: 900100259690,
      image_id: 7,
      category_id: 40,
      bbox: [2, 2, 3, 3],
      area: 9,
      iscrowd: 0,
      attributes: { truncated: true },
      note: 'é',
    },
    {
      id: 4,
      image_id: 7,
      category_id: 3,
      bbox: [0, 0, 1, 1],
      area: 1,
      iscrowd: 0,
      segmentation: { size: [10, 20], counts: 'PQ1a0\\' },
    },
  ],
};

test('the file comes back as it was, unknown fields and all', () => {
  for (const input of [small, JSON.stringify(small), new TextEncoder().encode(JSON.stringify(small, null, 2))]) {
    const dataset = CocoDataset.parse(input);
    expect(dataset.toJson()).toEqual(small);
    expect(JSON.parse([...dataset.toJsonPieces()].join(''))).toEqual(small);
  }
});

test('pieces of any size give the same', async () => {
  const bytes = new TextEncoder().encode(JSON.stringify(small));
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 64 }), async (size) => {
      async function* pieces() {
        for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
      }
      expect((await CocoDataset.parseStream(pieces())).toJson()).toEqual(small);
    }),
    { numRuns: 20 },
  );
});

test('a web stream, also where it cannot be iterated', async () => {
  const bytes = new TextEncoder().encode(JSON.stringify(small));
  expect((await CocoDataset.parseStream(new Blob([bytes]).stream())).toJson()).toEqual(small);
  const stream = (text: Uint8Array[]) => {
    const left = [...text];
    let cancelled = 0;
    const reader = {
      read: async () => ({ done: left.length === 0, value: left.shift() }),
      cancel: async () => {
        cancelled++;
      },
    };
    return { getReader: () => reader, cancelled: () => cancelled };
  };
  const whole = stream([bytes.subarray(0, 50), bytes.subarray(50)]);
  expect((await CocoDataset.parseStream(whole)).toJson()).toEqual(small);
  const broken = stream([new TextEncoder().encode('{"images":7 8}'), bytes]);
  await expect(CocoDataset.parseStream(broken)).rejects.toThrow(CocoFormatError);
  expect(broken.cancelled()).toBe(1);
});

describe('look-ups', () => {
  const dataset = CocoDataset.parse(small);
  test('annotation ids by filter', () => {
    expect(dataset.getAnnIds()).toEqual([1, 'x', 900100259690, 4]);
    expect(dataset.getAnnIds({ imgIds: [7, 'left'] })).toEqual([1, 900100259690, 4, 'x']);
    expect(dataset.getAnnIds({ imgIds: '7', catIds: 3 })).toEqual([1, 4]);
    expect(dataset.getAnnIds({ areaRng: [1, 20] })).toEqual([1, 900100259690]);
    expect(dataset.getAnnIds({ iscrowd: true })).toEqual(['x']);
    expect(dataset.getAnnIds({ imgIds: [9, 12345] })).toEqual([]);
  });
  test('image and category ids', () => {
    expect(dataset.getImgIds()).toEqual([7, 'left', 9]);
    expect(dataset.getImgIds({ catIds: [3, 40] })).toEqual([7]);
    expect(dataset.getCatIds({ supNms: 'animal' })).toEqual([3]);
    expect(dataset.getCatIds({ catNms: ['cup', 'dog'] })).toEqual([40]);
  });
  test('objects by id, and an error for unknown ones', () => {
    expect(dataset.loadAnns('x')[0]).toEqual(small.annotations[1]);
    expect(dataset.loadImgs([7])[0]).toEqual(small.images[0]);
    expect(dataset.loadCats(40)[0]!.name).toBe('cup');
    expect(() => dataset.loadAnns(2)).toThrow(CocoArgumentError);
    expect(() => dataset.loadImgs(2)).toThrow('loadImgs: ids must be ids of images in the dataset, received 2');
  });
  test('masks', () => {
    expect(rleArea(dataset.annToRle('x'))).toBe(25);
    expect(dataset.annToMask(1).data.reduce((a, b) => a + b, 0)).toBe(rleArea(dataset.annToRle(1)));
    expect(() => dataset.annToRle(900100259690)).toThrow('has no segmentation');
  });
});

test('broken input gives one clear error with its place', () => {
  const parse = (text: string) => () => CocoDataset.parse(text, { source: 'gt.json' });
  expect(parse('{"images":[{"id":1}],"annotations":[{"id":1}]}')).toThrow('gt.json: record 1 has no image_id');
  expect(parse('{"annotations":[{"image_id":1,"bbox":[1,2,3]}]}')).toThrow(
    /gt.json at byte 37: bbox must be four finite numbers/,
  );
  expect(parse('{"images":[{"width":3}]}')).toThrow('image 1 has no id');
  expect(parse('{"images":[')).toThrow(/JSON ends early/);
  expect(parse('{"images":[]} x')).toThrow(/expected the end of the file, found "x"/);
  expect(parse('{"categories":[{"name":"a"}]}')).toThrow('category 1 has no id');
  expect(parse('{"annotations":[{"image_id":1,"keypoints":[1,2]}]}')).toThrow(/keypoints must be triples/);
  expect(parse('{"annotations":[{"image_id":1,"segmentation":{"counts":[1]}}]}')).toThrow(
    /must have size \[height, width\]/,
  );
  expect(parse('nothing')).toThrow(CocoFormatError);
  expect(parse('[')).toThrow(expect.toSatisfy(CocoError.isInstance.bind(CocoError)));
  expect(parse('[')).toThrow(expect.toSatisfy((error) => !CocoArgumentError.isInstance(error)));
});

test('a field of another type is named, with what stands there', () => {
  const parse = (annotation: string) => () => CocoDataset.parse(`{"annotations":[{"image_id":1,${annotation}}]}`);
  expect(parse('"bbox":["10",1,2,3]')).toThrow('bbox: expected a number, found the text "10" (record 1)');
  expect(parse('"area":"400"')).toThrow('area: expected a number, found the text "400"');
  expect(parse('"iscrowd":"0"')).toThrow('iscrowd: expected a number, found the text "0"');
  expect(parse('"segmentation":[[[1,2],[3,4]]]')).toThrow('segmentation: expected a number, found "["');
  expect(parse('"area":1 "bbox":[]')).toThrow(/: expected "," or "}", found the text "bbox"/);
  expect(() => CocoDataset.parse('{"images":[{"id":1,"width":"96"}]}')).toThrow(
    'width: expected a number, found the text "96" (image 1)',
  );
});

test.each([
  [Uint8Array.of(0x1f, 0x8b, 8, 0), 'it is compressed by gzip: gunzip it first'],
  [new Uint8Array(Buffer.from('\ufeff{}', 'utf16le')), 'it is text in UTF-16: save it as UTF-8'],
  [new TextEncoder().encode('version https://git-lfs.github.com/spec/v1'), 'it is the pointer of Git LFS'],
  [new TextEncoder().encode('<!DOCTYPE html>'), 'it is a web page or XML'],
  [new TextEncoder().encode('{"images":[]}\n{"images":[]}'), 'JSON Lines are not read'],
])('what is no JSON is called what it is: %#', (bytes, problem) => {
  expect(() => CocoDataset.parse(bytes)).toThrow(CocoFormatError);
  expect(() => CocoDataset.parse(bytes)).toThrow(problem);
});

test('numbers are names of categories too', () => {
  expect(CocoDataset.parse('{"categories":[{"id":1,"name":7}]}').categories[0]!.name).toBe('7');
});

const mini = testData('coco-mini', 'instances.json');
test.skipIf(mini === undefined)('real files come back as they were', () => {
  for (const name of ['instances.json', 'person_keypoints.json']) {
    const text = readFileSync(testData('coco-mini', name)!, 'utf8');
    const dataset = CocoDataset.parse(text);
    expect(dataset.toJson()).toEqual(JSON.parse(text));
  }
});
