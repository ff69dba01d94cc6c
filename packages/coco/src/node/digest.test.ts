import { expect, test } from 'vitest';
import { CocoDataset } from '../data/dataset';
import { datasetDigest } from './digest';

const file = () => ({
  images: [{ id: 1, file_name: 'a.jpg', width: 8, height: 8 }],
  categories: [{ id: 1, name: 'cat', keypoints: ['nose'] }],
  annotations: [{ id: 5, image_id: 1, category_id: 1, bbox: [0, 1, 2, 3], iscrowd: 0, keypoints: [1, 2, 2] }],
});
const digest = (change: (of: ReturnType<typeof file>) => void) => {
  const changed = file();
  change(changed);
  return datasetDigest(CocoDataset.parse(changed));
};

test('the same for the same content, another for every change that a training sees', () => {
  const same = digest(() => {});
  expect(same).toMatch(/^[0-9a-f]{64}$/);
  expect(datasetDigest(CocoDataset.parse(JSON.stringify(file(), null, 2)))).toBe(same);
  const others = [
    digest(({ images }) => void Object.assign(images[0]!, { file_name: 'b.jpg' })),
    digest(({ categories }) => void Object.assign(categories[0]!, { name: 'dog' })),
    digest(({ annotations }) => void Object.assign(annotations[0]!, { bbox: [0, 1, 2, 4] })),
    digest(({ annotations }) => void Object.assign(annotations[0]!, { iscrowd: 1 })),
    digest(({ annotations }) => void Object.assign(annotations[0]!, { keypoints: [3, 2, 2] })),
    digest(({ annotations }) => void annotations.push(annotations[0]!)),
  ];
  expect(new Set([same, ...others]).size).toBe(7);
});
