import { expect, test } from 'vitest';
import { CocoDataset } from '../data/dataset';
import { groupingNotes, otherCategories } from './category-notes';
import type { DataReport } from './report-types';

const report = (...classes: readonly (readonly [id: number, name: string])[]): DataReport => ({
  ...{ task: 'boxes', use: 'training', pictures: 1, picturesWithoutObjects: 0, objects: 1, leftOut: [], notes: [] },
  classes: classes.map(([id, name]) => ({ id, name, objects: 1 })),
});

test('categories that the others lack or number differently', () => {
  const train = report([1, 'red'], [2, 'blue'], [3, 'green']);
  expect(otherCategories({ train, val: report([7, 'red'], [3, 'green']) })).toEqual([
    'val: not scored, as the data has no category of that name: blue',
    'val: categories have other ids and are found by name: red 1 and 7',
  ]);
  expect(otherCategories({ train, val: train })).toEqual([]);
  expect(otherCategories({ train })).toEqual([]);
  expect(otherCategories({})).toEqual([]);
});

test('of many, some are listed', () => {
  const many = report(...Array.from({ length: 7 }, (_, i) => [i, `c${i}`] as const));
  expect(otherCategories({ train: many, val: report([0, 'c0']) })).toEqual([
    'val: not scored, as the data has no category of that name: c1, c2, c3, c4, c5, ...',
  ]);
});

test('categories that only group others', () => {
  const categories = [
    { id: 0, name: 'things', supercategory: 'none' },
    { id: 1, name: 'red', supercategory: 'things' },
  ];
  const annotations = [{ id: 1, image_id: 1, category_id: 1, bbox: [0, 0, 1, 1] }];
  const data = (some: typeof categories) => CocoDataset.parse({ images: [{ id: 1 }], categories: some, annotations });
  expect(groupingNotes(data(categories), 'data.categories')).toEqual([
    'not learned, as it only groups others and has no object: "things" (id 0); data.categories chooses otherwise',
  ]);
  expect(groupingNotes(data(categories.slice(1)), 'data.categories')).toEqual([]);
});
