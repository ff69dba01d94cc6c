import { readFileSync } from 'node:fs';
import { equalPatterns, formatPatternCounts, parsePatternCounts, validatePattern } from '@icconv/inception-conv';
import { InvalidArgumentError } from '@icconv/tensor-ops';
import { testData } from '@icconv/test-utils';
import { describe, expect, test } from 'vitest';
import {
  inceptionCounts,
  inceptionLayers,
  PATTERN_NAMES,
  type PatternName,
  publishedCounts,
  publishedPattern,
  type ResNetConfig,
} from '../index';

const FILES: Readonly<Record<PatternName, string>> = {
  'detection/ic-resnet50-k9': 'detection_ic_resnet50_k9.json',
  'detection/ic-resnet101-k9': 'detection_ic_resnet101_k9.json',
  'detection/ic-resnext101-32x4d-k9': 'detection_ic_resnext101_32x4d_k9.json',
  'segmentation/ic-resnet50-k9': 'segmentation_ic_resnet50_k9.json',
  'segmentation/ic-resnet101-k9': 'detection_ic_resnet101_k9.json',
  'pose/ic-resnet50-k13': 'human_pose_ic_resnet50_k13.json',
  'pose/ic-resnet101-k13': 'human_pose_ic_resnet101_k13.json',
};

function networkOf(name: PatternName): ResNetConfig {
  const conv = { kind: 'inception', pattern: name } as const;
  if (name.includes('resnext')) return { depth: 101, groups: 32, groupWidth: 4, conv };
  return { depth: name.includes('101') ? 101 : 50, conv };
}

describe.each(PATTERN_NAMES)('%s', (name) => {
  const folder = testData('pattern-zoo');

  test.skipIf(folder === undefined)('equals the published file', () => {
    const text = readFileSync(`${folder}/${FILES[name]}`, 'utf8');
    expect(equalPatterns(publishedPattern(name), parsePatternCounts(text))).toBe(true);
    const json = JSON.parse(text) as Record<string, number>[];
    expect(publishedCounts(name)).toEqual(json.map((layer) => Object.values(layer)));
    expect(JSON.parse(formatPatternCounts(publishedPattern(name)))).toEqual(json);
  });

  test('fits its network, layer by layer', () => {
    const config = networkOf(name);
    const layers = inceptionLayers(config);
    const groups = config.groups ?? 1;
    expect(layers).toHaveLength(config.depth === 101 ? 33 : 16);
    const channels = layers.map((layer) => (groups > 1 ? groups : layer.channels));
    validatePattern(publishedPattern(name), { channels });
    expect(layers[0]).toEqual({ name: 'layer1.0.conv2', channels: groups > 1 ? 128 : 64, groups });
  });

  test('gives the branches of the official checkpoints', () => {
    const config = networkOf(name);
    const counts = publishedCounts(name);
    const share = (layer: number) => inceptionLayers(config)[layer]!.channels / counts[layer]!.reduce((a, b) => a + b);
    const expected = counts.map((layer, i) => layer.filter((count) => count > 0).map((count) => count * share(i)));
    expect(Object.values(inceptionCounts(config))).toEqual(expected);
  });
});

test('an unknown name is refused with the known ones', () => {
  const unknown = () => publishedPattern('detection/ic-resnet50-k7' as PatternName);
  expect(unknown).toThrow(InvalidArgumentError);
  expect(unknown).toThrow(/one of detection\/ic-resnet50-k9, .*, received "detection\/ic-resnet50-k7"/);
  expect(() => publishedPattern('toString' as PatternName)).toThrow(InvalidArgumentError);
});
