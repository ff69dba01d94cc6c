import { expect, test } from 'vitest';
import { categoriesByName, groupingCategories, learnedCategories } from './categories';
import { CocoDataset } from './dataset';

function dataset(categories: object[], used: number[] = []) {
  const annotations = used.map((category_id, i) => ({ id: i + 1, image_id: 1, category_id, bbox: [0, 0, 1, 1] }));
  return CocoDataset.parse(JSON.stringify({ images: [{ id: 1 }], annotations, categories }));
}
const names = (list: readonly { readonly name: string }[]) => list.map(({ name }) => name);

const ROOT = [
  { id: 0, name: 'things', supercategory: 'none' },
  { id: 2, name: 'blue', supercategory: 'things' },
  { id: 1, name: 'red', supercategory: 'things' },
];

test('a category that only groups others is no class', () => {
  expect(names(groupingCategories(dataset(ROOT, [1])))).toEqual(['things']);
  expect(names(learnedCategories(dataset(ROOT, [1])))).toEqual(['red', 'blue']);
  // With an object it is one; without others below it, or with one above it, too.
  expect(names(learnedCategories(dataset(ROOT, [0, 1])))).toEqual(['things', 'red', 'blue']);
  expect(names(learnedCategories(dataset(ROOT.slice(0, 1))))).toEqual(['things']);
  expect(
    groupingCategories(
      dataset([
        { id: 3, name: 'a', supercategory: 'b' },
        { id: 4, name: 'c', supercategory: 'a' },
      ]),
    ),
  ).toEqual([]);
  expect(groupingCategories(dataset([{ id: 3, name: 'a', supercategory: 'a' }]))).toEqual([]);
  expect(names(learnedCategories(dataset(ROOT, [1]), ['things', 1]))).toEqual(['things', 'red']);
});

test('a grouping category may have the name of one below it', () => {
  const twin = dataset(
    [
      { id: 0, name: 'red', supercategory: 'none' },
      { id: 1, name: 'red', supercategory: 'red' },
      { id: 2, name: 'blue', supercategory: 'red' },
    ],
    [1, 2],
  );
  expect(learnedCategories(twin).map(({ id }) => id)).toEqual([1, 2]);
  expect(categoriesByName(twin, ['red', 'blue'])).toEqual([1, 2]);
});

test('two classes of one name are refused until one is chosen by its id', () => {
  const twins = dataset(
    [
      { id: 5, name: 'car' },
      { id: 6, name: 'car' },
      { id: 7, name: 'bus' },
    ],
    [5, 6, 7],
  );
  expect(() => learnedCategories(twins)).toThrow(/id 5 and id 6 must be told apart.*choose by id.*5 car, 6 car, 7 bus/);
  expect(() => learnedCategories(twins, ['car'])).toThrow(/give its id instead/);
  expect(() => learnedCategories(twins, ['lorry'])).toThrow(/among the categories of the dataset \(5 car/);
  expect(() => learnedCategories(twins, [5, 6])).toThrow(/told apart/);
  expect(learnedCategories(twins, [6, 'bus']).map(({ id }) => id)).toEqual([6, 7]);
  expect(() => categoriesByName(twins, ['car'])).toThrow(/name of one category only/);
  expect(categoriesByName(twins, ['car'], [6])).toEqual([6]);
});

test('classes are found by name, whatever their ids', () => {
  const other = dataset([
    { id: 10, name: 'blue' },
    { id: 20, name: 'red' },
  ]);
  expect(categoriesByName(other, ['red', 'blue', 'green'], [1, 2, 10])).toEqual([20, 10, undefined]);
});
