import type { Tensor } from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { checkpointHeads, classesOf } from './checkpoint-heads';

// Only names and shapes are looked at.
const weights = (names: Readonly<Record<string, number>>) =>
  Object.fromEntries(Object.entries(names).map(([name, length]) => [name, { shape: [length] } as unknown as Tensor]));

test('classes are counted in the classifier, without the background', async () => {
  const torchvision = weights({ 'roi_heads.box_predictor.cls_score.bias': 91 });
  expect(await checkpointHeads(torchvision)).toEqual({ count: 90, masks: false, cascade: false });
  await expect(checkpointHeads(weights({ 'conv1.weight': 1 }))).rejects.toThrow("is no detector's checkpoint");
});

test.each([
  ['torchvision', 'roi_heads.box_predictor.cls_score.bias', 'roi_heads.mask_predictor.conv5_mask.bias', false],
  ['mmdetection', 'roi_head.bbox_head.fc_cls.bias', 'roi_head.mask_head.convs.0.conv.bias', false],
  ['mmdetection', 'roi_head.bbox_head.0.fc_cls.bias', 'roi_head.mask_head.2.convs.0.conv.bias', true],
  ['detectron2', 'roi_heads.box_predictor.0.cls_score.bias', 'roi_heads.mask_head.deconv.bias', true],
])('masks and cascades of %s are known by their names', async (_, classifier, mask, cascade) => {
  expect(await checkpointHeads(weights({ [classifier]: 81, [mask]: 5 }))).toEqual({ count: 80, masks: true, cascade });
  expect(await checkpointHeads(weights({ [classifier]: 81 }))).toEqual({ count: 80, masks: false, cascade });
});

test('classes that nobody names have COCO’s names where their number is COCO’s, else numbers', () => {
  const names = (count: number) => classesOf(count, undefined);
  expect(names(90)[16]).toBe('cat');
  expect(names(80)[15]).toBe('cat');
  expect(names(2)).toEqual(['class 0', 'class 1']);
});
