import { expect, test } from 'vitest';
import { CocoArgumentError, CocoDataset, CocoFormatError, CocoResults, checkDataset, evaluate } from '../index';
import { canonicalId, compareIds, idToJson } from './ids';

test('one spelling for what is one id', () => {
  expect(canonicalId('2299')).toBe(2299);
  expect(canonicalId('1000000000000001')).toBe(1_000_000_000_000_001);
  expect(canonicalId('9007199254740993')).toBe('9007199254740993');
  expect(canonicalId(9007199254740993n)).toBe('9007199254740993');
  expect(canonicalId(7n)).toBe(7);
  for (const text of ['000123', '-0', '1.0', '', '1e3']) expect(canonicalId(text)).toBe(text);
  expect(Object.is(canonicalId(-0), 0)).toBe(true);
  for (const id of [2 ** 53, 1.5, Number.NaN]) expect(() => canonicalId(id)).toThrow(CocoArgumentError);
  expect(() => canonicalId(null as unknown as string)).toThrow(CocoArgumentError);
  expect(['9007199254740993', 7, 'x9', '007'].map(idToJson)).toEqual(['9007199254740993', '7', '"x9"', '"007"']);
});

test('integers come in their order, then strings', () => {
  const ids = ['b', '18446744073709551615', 5, '-9007199254740993', '007', 3, '9007199254740993'];
  expect(ids.sort(compareIds)).toEqual([
    '-9007199254740993',
    3,
    5,
    '9007199254740993',
    '18446744073709551615',
    '007',
    'b',
  ]);
});

// The last two are neighbours of 64 bits without sign.
const NEIGHBOURS = [
  ['9007199254740992', '9007199254740993'],
  ['-9007199254740993', '-9007199254740992'],
  ['18446744073709551614', '18446744073709551615'],
] as const;

test.each(NEIGHBOURS)('%s and %s are two images, categories and annotations', (a, b) => {
  const gtText = `{"images":[{"id":${a},"width":200,"height":200},{"id":${b},"width":200,"height":200}],
    "categories":[{"id":${a},"name":"a"},{"id":${b},"name":"b"}],
    "annotations":[{"id":${a},"image_id":${a},"category_id":${b},"bbox":[0,0,20,20],"area":400,"iscrowd":0},
      {"id":${b},"image_id":${b},"category_id":${a},"bbox":[50,50,20,20],"area":400,"iscrowd":0,"track":${b}}]}`;
  const gt = CocoDataset.parse(gtText);
  expect(gt.getImgIds()).toEqual([a, b]);
  expect(gt.getCatIds()).toEqual([a, b]);
  expect(gt.getAnnIds({ imgIds: BigInt(b) })).toEqual([b]);
  expect(gt.loadAnns(BigInt(a))[0]!.bbox).toEqual([0, 0, 20, 20]);
  expect(checkDataset(gt).findings).toEqual([]);
  const detections = (first: string, second: string) =>
    CocoResults.parse(
      `[{"image_id":${first},"category_id":${b},"bbox":[0,0,20,20],"score":0.9},
        {"image_id":${second},"category_id":${a},"bbox":[50,50,20,20],"score":0.8}]`,
    );
  expect(evaluate(gt, detections(a, b), { iouType: 'bbox' }).stats.AP).toBeCloseTo(1, 12);
  expect(evaluate(gt, detections(b, a), { iouType: 'bbox' }).stats.AP).toBe(0);
  // Every digit comes back, also in fields that the format does not name.
  const written = [...gt.toJsonPieces()].join('');
  const digits = (text: string) => text.match(/\d{16,}/g)!.sort();
  expect(digits(written)).toEqual(digits(gtText));
  expect([...CocoDataset.parse(written).toJsonPieces()].join('')).toBe(written);
});

test('objects: bigints are exact, rounded numbers are refused', () => {
  const image = (id: unknown) => ({ images: [{ id, width: 9, height: 9 }], annotations: [] });
  expect(CocoDataset.parse(image(9007199254740993n)).getImgIds()).toEqual(['9007199254740993']);
  expect(() => CocoDataset.parse(image(9007199254740992))).toThrow(
    /id must be an integer up to 2\^53 - 1, a bigint or a string .*found 9007199254740992 \(record 1\)/,
  );
  const detection = { image_id: 1, category_id: 1, bbox: [0, 0, 1, 1], score: 1 };
  for (const field of ['image_id', 'category_id']) {
    expect(() => CocoResults.parse([detection, { ...detection, [field]: 2 ** 60 }])).toThrow(
      new RegExp(`${field} must be .*\\(record 2\\)`),
    );
  }
});

test('what is no id is refused with its place', () => {
  const parse = (id: string) => () =>
    CocoDataset.parse(`{"images":[{"id":1}],"annotations":[{"image_id":${id}}]}`, { source: 'gt.json' });
  for (const id of ['1e20', '1.5', 'null', 'NaN', '9007199254740993.0', 'true', '[1]', '1'.repeat(101)]) {
    expect(parse(id), id).toThrow(CocoFormatError);
  }
  expect(parse('1.5')).toThrow('gt.json at byte 48: image_id must be an integer or a string, found 1.5 (record 1)');
  // pandas writes integers so.
  expect(parse('7.0')().getAnnIds({ imgIds: 7 })).toHaveLength(1);
  expect(() => CocoDataset.parse('{"categories":[{"id":1.5,"name":"a"}]}')).toThrow(
    'id must be an integer or a string',
  );
});
