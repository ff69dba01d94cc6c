import type { Tensor } from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { checkpointClasses, classesOf } from './checkpoint-classes';

// Only the shape is looked at.
const tensor = (shape: readonly number[]) => ({ shape }) as Tensor;
const weights = (outputs: number) => ({ 'roi_heads.box_predictor.cls_score.bias': tensor([outputs]) });

test('counted in the classifier, without the background', async () => {
  expect(await checkpointClasses(weights(91))).toBe(90);
  await expect(checkpointClasses({ 'conv1.weight': tensor([1]) })).rejects.toThrow("is no detector's checkpoint");
});

test('classes that nobody names have COCO’s names where their number is COCO’s, else numbers', async () => {
  const names = (outputs: number) => classesOf(weights(outputs), undefined);
  expect((await names(91))[16]).toBe('cat');
  expect((await names(81))[15]).toBe('cat');
  expect(await names(3)).toEqual(['class 0', 'class 1']);
});
