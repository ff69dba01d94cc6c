import { expect, test } from 'vitest';
import { type ResNetConfig, resnetConfig, withManualPattern } from '../index';
import { backboneSchema, backboneToJson } from './backbone-schema';

const readAgain = (config: ResNetConfig): ResNetConfig =>
  backboneSchema.parse(JSON.parse(JSON.stringify(backboneToJson(config))));

test.each<ResNetConfig>([
  { depth: 50 },
  { block: 'basic', blocks: [1, 2, 1, 1], width: 8, batchNormEpsilon: 0 },
  resnetConfig(50, { conv: { kind: 'inception', pattern: 'detection/ic-resnet50-k9' } }),
  resnetConfig(18, { conv: { kind: 'super', size: 9, layers: ['layer3.*.conv2'] } }),
  resnetConfig(18, {
    conv: [
      { kind: 'super', size: 9, layers: ['layer3.*.conv2'] },
      { kind: 'super', size: 5, layers: ['layer4.*.conv2'] },
    ],
  }),
])('%j is the same after a file', (config) => {
  expect(readAgain(config)).toEqual(config);
});

test('a pattern of its own too', () => {
  const config = withManualPattern(resnetConfig(18), { maxDilation: 3 });
  expect(readAgain(config).conv).toMatchObject({ kind: 'inception' });
  const patternOf = ({ conv }: ResNetConfig) => conv !== undefined && 'pattern' in conv && conv.pattern;
  expect(patternOf(readAgain(config))).toEqual(patternOf(config));
});

test.each([
  [{ depth: 51 }, 'depth'],
  [{ depth: 50, conv: { kind: 'super' } }, 'size'],
  [{ depth: 50, colour: 'red' }, 'colour'],
])('%j is refused', (backbone, fault) => {
  expect(() => backboneSchema.parse(backbone)).toThrow(fault);
});
