import { expect, test } from 'vitest';
import { evaluate } from '../eval/evaluator';
import { withBoxes, withSizes } from './complete';
import { CocoDataset } from './dataset';
import { CocoResults } from './results';

const SQUARE = [[10, 10, 20, 10, 20, 30, 10, 30]];
const images = [
  { id: 1, file_name: 'a.jpg' },
  { id: 2, file_name: 'b.jpg', width: 7, height: 9 },
];
const categories = [{ id: 1, name: 'a' }];
const parse = (annotations: object[]) => CocoDataset.parse(JSON.stringify({ images, annotations, categories }));

test('boxes come from masks, sizes from pictures; what is there stays', () => {
  const dataset = parse([
    { id: 1, image_id: 1, category_id: 1, segmentation: SQUARE, area: 200 },
    { id: 2, image_id: 1, category_id: 1, segmentation: SQUARE, bbox: [1, 2, 3, 4] },
    { id: 3, image_id: 1, category_id: 1, segmentation: SQUARE, bbox: [0, 0, 0, 0] },
    { id: 4, image_id: 1, category_id: 1 },
  ]);
  const sizes = new Map([1, 2].map((id) => [id, { width: 64, height: 48 }]));
  const whole = withSizes(withBoxes(dataset), sizes);
  expect(whole.loadAnns([1, 2, 3, 4]).map(({ bbox }) => bbox)).toEqual([
    [10, 10, 10, 20],
    [1, 2, 3, 4],
    [10, 10, 10, 20],
    undefined,
  ]);
  expect(whole.loadImgs([1, 2])).toEqual([{ ...images[0], width: 64, height: 48 }, images[1]]);
  expect(JSON.parse([...whole.toJsonPieces()].join(''))).toEqual(whole.toJson());
  expect(dataset.loadAnns(1)[0]!.bbox).toBeUndefined();
  expect(withSizes(withBoxes(whole), sizes)).toBe(whole);
  const found = CocoResults.parse([{ image_id: 1, category_id: 1, bbox: [10, 10, 10, 20], score: 1 }]);
  const { stats } = evaluate(
    withBoxes(parse([{ id: 1, image_id: 1, category_id: 1, segmentation: SQUARE, area: 200 }])),
    found,
    { iouType: 'bbox' },
  );
  expect(stats.AP).toBeCloseTo(1, 12);
});
