import { type DilationPattern, PatternFormatError, uniformPattern } from '@icconv/inception-conv';
import { InvalidArgumentError } from '@icconv/tensor-ops';
import { describe, expect, test } from 'vitest';
import {
  inceptionLayers,
  type ResNetConfig,
  resnetConfig,
  resnetFeatures,
  resnetShapes,
  resnextConfig,
} from '../index';
import { planConvs } from './plan';
import { resolveResNet } from './resolve';

const kinds = (config: ResNetConfig) =>
  planConvs(resolveResNet(config))
    .filter((spec) => spec.kind !== 'plain')
    .map((spec) => spec.name);

/** A pattern of dilation 2 for layers of so many channels. */
const twos = (channels: readonly number[]): DilationPattern => uniformPattern(channels, [2, 2]);

describe('config', () => {
  test('strides where the placement says', () => {
    const strides = (config: ResNetConfig) => resolveResNet(config).stages[1].blocks[0]!.convs.map((s) => s.stride);
    expect(strides({ depth: 50 })).toEqual([1, 2, 1]);
    expect(strides({ depth: 50, stridePlacement: 'caffe' })).toEqual([2, 1, 1]);
    expect(strides({ depth: 18, stridePlacement: 'caffe' })).toEqual([2, 1]);
  });

  test('tells channels and strides of the features', () => {
    expect(resnetFeatures({ depth: 50 })).toEqual({
      c2: { channels: 256, stride: 4 },
      c3: { channels: 512, stride: 8 },
      c4: { channels: 1024, stride: 16 },
      c5: { channels: 2048, stride: 32 },
    });
    expect(Object.values(resnetFeatures({ depth: 34 })).map(({ channels }) => channels)).toEqual([64, 128, 256, 512]);
  });

  test('names and shapes weights as torchvision does, in HWIO', () => {
    const shapes = resnetShapes(resnextConfig(50, { classes: 1000 }));
    expect(shapes['conv1.weight']).toEqual([7, 7, 3, 64]);
    expect(shapes['layer2.0.conv2.weight']).toEqual([3, 3, 8, 256]);
    expect(shapes['layer2.0.downsample.0.weight']).toEqual([1, 1, 256, 512]);
    expect(shapes['layer2.0.downsample.1.running_var']).toEqual([512]);
    expect(shapes['fc.weight']).toEqual([2048, 1000]);
    // torchvision's ResNet-50 has 320 entries, 53 of them num_batches_tracked.
    expect(Object.keys(shapes)).toHaveLength(267);
    // The first stage of basic blocks has no projection.
    expect(resnetShapes({ depth: 18 })['layer1.0.downsample.0.weight']).toBeUndefined();
  });

  test('takes a network of its own measure', () => {
    const shapes = resnetShapes({ block: 'bottleneck', blocks: [1, 1, 1, 1], groupWidth: 32, inputChannels: 1 });
    expect(shapes['conv1.weight']).toEqual([7, 7, 1, 64]);
    expect(shapes['layer1.0.conv2.weight']).toEqual([3, 3, 32, 32]);
    const narrow = resnetShapes({ block: 'basic', blocks: [1, 1, 1, 1], width: 24 });
    expect(narrow['conv1.weight']).toEqual([7, 7, 3, 24]);
    expect(narrow['layer4.0.conv2.weight']).toEqual([3, 3, 192, 192]);
  });

  test('is resolved once', () => {
    const config = resnetConfig(18);
    expect(resolveResNet(config)).toBe(resolveResNet(config));
  });
});

describe('choice of convolutions', () => {
  test("takes every block's second one by default", () => {
    const names = kinds({ depth: 18, conv: { kind: 'super', size: 5 } });
    expect(names).toEqual([1, 2, 3, 4].flatMap((stage) => [0, 1].map((block) => `layer${stage}.${block}.conv2`)));
  });

  test('takes both of a basic block, the stem, or some', () => {
    const layers = ['conv1', 'layer4.*.conv1', 'layer1.1.conv2'];
    const pattern = twos([64, 64, 512, 512]);
    const config: ResNetConfig = { depth: 18, conv: { kind: 'inception', pattern, layers } };
    const expected = ['conv1', 'layer1.1.conv2', 'layer4.0.conv1', 'layer4.1.conv1'];
    expect(kinds(config)).toEqual(expected);
    expect(inceptionLayers(config).map(({ name }) => name)).toEqual(expected);
  });

  test('mixes kinds', () => {
    const conv = [
      { kind: 'inception', pattern: twos([64, 64]), layers: ['layer1.*.conv2'] },
      { kind: 'super', size: 9, layers: ['layer2.*.conv2'] },
    ] as const;
    const specs = planConvs(resolveResNet({ depth: 18, conv }));
    expect(specs.filter(({ kind }) => kind === 'inception')).toHaveLength(2);
    expect(specs.filter(({ size }) => size === 9)).toHaveLength(2);
  });

  const inception = (rest: object): ResNetConfig => ({ depth: 50, conv: { kind: 'inception', ...rest } as never });
  test.each<[string, ResNetConfig, RegExp]>([
    ['depth', { depth: 20 as never }, /depth must be one of 18, 34, 50, 101, 152, received 20/],
    ['no network', {}, /block must be "basic" or "bottleneck", or a depth, received undefined/],
    ['depth and blocks', { depth: 50, blocks: [1, 1, 1, 1] }, /depth must be left out where block and blocks/],
    [
      'blocks',
      { block: 'basic', blocks: [1, 0, 1, 1] },
      /blocks\[1\] must be a whole number from 1 to 1024, received 0/,
    ],
    ['groups', { depth: 18, groups: 32 }, /groups must be 1 with a groupWidth of 64 in a network of basic blocks/],
    ['classes', { depth: 18, classes: 0 }, /classes must be a whole number from 1 to 65536/],
    ['kind', { depth: 18, conv: { kind: 'wide' } as never }, /conv\.kind must be "plain", "inception" or "super"/],
    [
      'even size',
      { depth: 18, conv: { kind: 'super', size: 8 } },
      /conv\.size must be an odd kernel side of at least 3/,
    ],
    [
      'selector',
      inception({ pattern: 'detection/ic-resnet50-k9', layers: ['layer5.*.conv2'] }),
      /conv\.layers must be names of convolutions such as layer1\.0\.conv1/,
    ],
    [
      '1x1',
      inception({ pattern: 'detection/ic-resnet50-k9', layers: ['layer1.*.conv1'] }),
      /a kernel to dilate; layer1\.0\.conv1 is 1x1/,
    ],
    [
      'layers',
      inception({ pattern: 'detection/ic-resnet101-k9' }),
      /pattern must be a pattern of 16 layers \(layer1\.0\.conv2 to layer4\.2\.conv2\), received "33 layers"/,
    ],
    [
      'channels',
      { depth: 18, conv: { kind: 'inception', pattern: twos([64, 64, 128, 128, 256, 256, 512, 64]) } },
      /layers\[7\] must be the dilations of the 512 channels of layer4\.1\.conv2, received "64 dilations"/,
    ],
    [
      'twice',
      {
        depth: 18,
        conv: [
          { kind: 'super', size: 3 },
          { kind: 'super', size: 5, layers: ['layer1.0.conv2'] },
        ],
      },
      /conv\[1\]\.layers must be layers that no other choice names, received "layer1\.0\.conv2"/,
    ],
  ])('refuses a wrong %s', (_, config, message) => {
    expect(() => resolveResNet(config)).toThrow(InvalidArgumentError);
    expect(() => resolveResNet(config)).toThrow(message);
  });

  test('refuses a faulty pattern', () => {
    const pattern = { maxDilation: 4, layers: [{ dilations: [[1, 5]] }] } as const;
    expect(() => resolveResNet(inception({ pattern }))).toThrow(PatternFormatError);
  });

  test('refuses a pattern meant for other layers', () => {
    const layers = [{ name: 'layer4.1.conv2', dilations: new Array(64).fill([1, 1]) }];
    const pattern = { maxDilation: 1, layers };
    const config: ResNetConfig = { depth: 18, conv: { kind: 'inception', pattern, layers: ['layer1.0.conv2'] } };
    expect(() => resolveResNet(config)).toThrow(
      /layers\[0\]\.name must be "layer1\.0\.conv2", the layer in this place/,
    );
  });
});
