import { CocoDataset } from '@icconv/coco';
import { expect, test } from 'vitest';
import { anchorOverlap } from '../../src';
import { detectorPreset, inputBoxes } from '../../src/node';

const images = [
  { id: 1, file_name: 'a.jpg', width: 640, height: 480 },
  { id: 2, file_name: 'b.jpg', width: 480, height: 960 },
  { id: 3, file_name: 'unknown-size.jpg' },
];
const categories = [
  { id: 1, name: 'cell' },
  { id: 7, name: 'other' },
];
const object = (image_id: number, bbox: number[], more: object = {}) => ({ image_id, category_id: 1, bbox, ...more });
const dataset = (...annotations: object[]) =>
  CocoDataset.parse({ images, categories, annotations: annotations.map((one, i) => ({ id: i + 1, ...one })) } as never);

test('boxes as they lie in the input; crowds, other categories and pictures of unknown size are left out', async () => {
  const data = dataset(
    object(1, [64, 32, 100, 50]),
    object(2, [30, 60, 90, 120]),
    object(3, [0, 0, 10, 10]),
    object(1, [0, 0, 30, 30], { iscrowd: 1, area: 900 }),
    object(1, [0, 0, 30, 30], { category_id: 7 }),
  );
  const { config } = await detectorPreset('small', data);
  // 640 x 480 becomes 320 x 240; of 480 x 960 the longer side limits: 160 x 320.
  expect(inputBoxes(data, config.input, [1])).toEqual([
    [32, 16, 82, 41],
    [10, 20, 40, 60],
  ]);
  expect(inputBoxes(data, config.input)).toHaveLength(3);
});

test('a configuration says so, and what it changes of the input counts', async () => {
  const data = dataset(...Array.from({ length: 12 }, (_, i) => object(1, [37 * i, 23 * i, 60, 60])));
  const plain = await detectorPreset('small', data);
  const fitted = await detectorPreset('small', data, { model: { anchors: 'data' } });
  const boxes = inputBoxes(data, plain.config.input);
  expect(anchorOverlap(boxes, fitted.config.rpn.anchors)).toBeGreaterThan(
    anchorOverlap(boxes, plain.config.rpn.anchors),
  );
  expect(fitted.config.rpn.anchors.sizes.flat()).toContainEqual(expect.closeTo(30, 6));
  expect(fitted.config.roi.levelRule).toMatchObject({
    canonicalSize: expect.closeTo(30 / Math.SQRT2, 6),
    canonicalLevel: 1,
  });
  const config = { input: { minSize: 480, maxSize: 640 } };
  const larger = await detectorPreset('small', data, { model: { anchors: 'data', config } });
  expect(larger.config.rpn.anchors.sizes.flat()).toContainEqual(expect.closeTo(60, 6));
  expect({ ...fitted.config, rpn: 0, roi: 0 }).toEqual({ ...plain.config, rpn: 0, roi: 0 });
});
