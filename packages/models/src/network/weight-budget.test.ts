import { expect, test } from 'vitest';
import { resnetShapes } from '../resnet/features';
import { backboneSchema } from '../schema/backbone-schema';
import { checkWeightBudget } from './weight-budget';

test('a description of more weights than any network has is refused before they are made', () => {
  expect(() => resnetShapes({ depth: 50, width: 65536 })).toThrow(
    /ResNetConfig: config must be of a network of at most/,
  );
  expect(() => resnetShapes({ block: 'basic', blocks: [3e8, 1, 1, 1] })).toThrow(
    /blocks\[0\] must be a whole number from 1/,
  );
  expect(checkWeightBudget('op', { a: [2 ** 15, 2 ** 15] })).toBeDefined();
  expect(() => checkWeightBudget('op', { a: [2 ** 15, 2 ** 15], b: [1] })).toThrow('one with 1073741825 weights');
});

test('a file with such a description too', () => {
  expect(backboneSchema.safeParse({ block: 'basic', blocks: [3e8, 1, 1, 1] }).success).toBe(false);
  expect(backboneSchema.safeParse({ depth: 50, conv: { kind: 'super', size: 1001 } }).success).toBe(false);
});
