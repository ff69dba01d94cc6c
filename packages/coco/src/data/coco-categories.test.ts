import { expect, test } from 'vitest';
import { COCO_CATEGORIES, cocoClassNames } from './coco-categories';

test('names by number, in both conventions', () => {
  expect(COCO_CATEGORIES.length).toBe(80);
  expect(new Set(COCO_CATEGORIES.map(({ name }) => name)).size).toBe(80);
  expect(cocoClassNames(80)![79]).toBe('toothbrush');
  const byId = cocoClassNames(90)!;
  expect([byId[0], byId[11], byId[89]]).toEqual(['person', 'unused 12', 'toothbrush']);
  expect(new Set(byId).size).toBe(90);
  expect(cocoClassNames(91)).toBeUndefined();
});
