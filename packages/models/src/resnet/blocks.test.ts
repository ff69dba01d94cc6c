import { describe, expect, test } from 'vitest';
import { DEPTHS } from '../config/resnet-config';
import { type ResNetConfig, type ResNetDepth, resnetBlocks, resnetConvs, resnetFeatures, resnetShapes } from '../index';

const DEPTH_LIST = Object.keys(DEPTHS).map(Number) as ResNetDepth[];
const convOf = (config: ResNetConfig, name: string) => resnetConvs(config).find((conv) => conv.name === name)!;

describe.each(
  DEPTH_LIST.flatMap((depth) => (['pytorch', 'caffe'] as const).map((placement) => ({ depth, placement }))),
)('ResNet-$depth, strides as in $placement', ({ depth, placement }) => {
  const config: ResNetConfig = { depth, stridePlacement: placement };
  const blocks = resnetBlocks(config);
  const convs = resnetConvs(config);
  const features = resnetFeatures(config);

  test('has its blocks in order, numbered in their stages', () => {
    const expected = DEPTHS[depth].blocks.flatMap((count, i) =>
      Array.from({ length: count }, (_, index) => [
        i + 1,
        index,
        `layer${i + 1}`,
        `layer${i + 1}.${index}`,
        `c${i + 2}`,
      ]),
    );
    expect(blocks.map((b) => [b.stage, b.index, b.stageName, b.name, b.feature])).toEqual(expected);
    // Stages C3 to C5 halve the map in their first block.
    expect(blocks.map(({ stride }) => stride)).toEqual(
      expected.map(([stage, index]) => (stage !== 1 && index === 0 ? 2 : 1)),
    );
  });

  test('knows what stands before and behind each convolution', () => {
    const length = DEPTHS[depth].block === 'basic' ? 2 : 3;
    for (const block of blocks) {
      const inside = convs.filter((conv) => conv.block?.name === block.name);
      const line = inside.filter(({ name }) => name !== block.downsample?.name);
      expect(line.map(({ name }) => name)).toEqual(Array.from({ length }, (_, i) => `${block.name}.conv${i + 1}`));
      expect(line.map(({ previous }) => previous?.name)).toEqual([
        undefined,
        ...line.slice(0, -1).map(({ name }) => name),
      ]);
      expect(line.map(({ next }) => next?.name)).toEqual([...line.slice(1).map(({ name }) => name), undefined]);
      for (const { previous, inChannels } of line.slice(1)) expect(previous!.outChannels).toBe(inChannels);
      const projection = inside.find(({ name }) => name === block.downsample?.name);
      expect(projection?.previous ?? projection?.next).toBeUndefined();
      // Shortcut and line meet in a sum, at the stride that the feature has.
      for (const end of [line.at(-1)!, projection]) {
        if (end !== undefined) expect(end.outputStride).toBe(features[block.feature].stride);
      }
    }
  });

  test('lists every convolution with a filter once', () => {
    const filters = Object.keys(resnetShapes(config)).filter((name) => /(conv\d|downsample\.0)\.weight$/.test(name));
    expect(convs.map(({ name }) => `${name}.weight`)).toEqual(filters);
    const [stem] = convs;
    expect(stem).toMatchObject({ name: 'conv1', outputStride: 2 });
    expect([stem!.block, stem!.previous, stem!.next]).toEqual([undefined, undefined, undefined]);
  });
});

test('says where a block strides', () => {
  const strides = (config: ResNetConfig) =>
    ['conv1', 'conv2', 'conv3'].map((name) => convOf(config, `layer2.0.${name}`)?.outputStride);
  expect(strides({ depth: 50 })).toEqual([4, 8, 8]);
  expect(strides({ depth: 50, stridePlacement: 'caffe' })).toEqual([8, 8, 8]);
  expect(strides({ depth: 18 })).toEqual([8, 8, undefined]);
});

test('super-kernels and inception layers keep their places', () => {
  const conv = convOf({ depth: 18, conv: { kind: 'super', size: 9 } }, 'layer3.1.conv2');
  expect(conv).toMatchObject({
    kind: 'super',
    size: 9,
    plainSize: 3,
    previous: { norm: 'layer3.1.bn1', kind: 'plain' },
  });
});
