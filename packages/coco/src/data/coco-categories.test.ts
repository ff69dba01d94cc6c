import { expect, test } from 'vitest';
import { COCO_CATEGORIES, cocoCategoryIds, cocoClassNames } from './coco-categories';

test('names by number, in both conventions', () => {
  expect(COCO_CATEGORIES.length).toBe(80);
  expect(new Set(COCO_CATEGORIES.map(({ name }) => name)).size).toBe(80);
  expect(cocoClassNames(80)![79]).toBe('toothbrush');
  const byId = cocoClassNames(90)!;
  expect([byId[0], byId[11], byId[89]]).toEqual(['person', 'unused 12', 'toothbrush']);
  expect(new Set(byId).size).toBe(90);
  expect(cocoClassNames(91)).toBeUndefined();
});

test('ids by class, in both conventions', () => {
  expect(cocoCategoryIds(80)).toEqual(COCO_CATEGORIES.map(({ id }) => id));
  const byId = cocoCategoryIds(90)!;
  expect(byId).toHaveLength(90);
  expect([byId[0], byId[11], byId[89]]).toEqual([1, undefined, 90]);
  for (const [index, id] of byId.entries()) if (id !== undefined) expect(id).toBe(index + 1);
  expect(byId.filter((id) => id !== undefined)).toEqual(cocoCategoryIds(80));
  expect(cocoCategoryIds(91)).toBeUndefined();
});
