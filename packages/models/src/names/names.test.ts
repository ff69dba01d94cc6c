import { describe, expect, test } from 'vitest';
import {
  type FpnConfig,
  fpnConfig,
  fpnNames,
  fpnShapes,
  PREFIXES,
  renameFrom,
  resnetNames,
  resnetShapes,
} from '../index';

const resnet = { depth: 50, classes: 80 } as const;
const fpn: FpnConfig = { ...fpnConfig(resnet), extra: { kind: 'conv', source: 'c5' } };

describe('names', () => {
  test.each([
    ['conv1.weight', 'stem.conv1.weight'],
    ['bn1.running_mean', 'stem.conv1.norm.running_mean'],
    ['layer1.0.conv2.weight', 'res2.0.conv2.weight'],
    ['layer3.5.bn3.bias', 'res4.5.conv3.norm.bias'],
    ['layer4.0.downsample.0.weight', 'res5.0.shortcut.weight'],
    ['layer4.0.downsample.1.running_var', 'res5.0.shortcut.norm.running_var'],
    ['fc.bias', 'linear.bias'],
  ])("detectron2's name of %s is %s", (ours, theirs) => {
    expect(resnetNames(resnet, 'detectron2')[ours]).toBe(theirs);
  });

  test.each([
    ['torchvision', 'inner_blocks.1.0.weight', 'inner_blocks.1.0.weight'],
    ['torchvision-v1', 'inner_blocks.1.0.weight', 'inner_blocks.1.weight'],
    ['torchvision-v1', 'layer_blocks.3.0.bias', 'layer_blocks.3.bias'],
    ['torchvision-v1', 'extra_blocks.p6.weight', 'extra_blocks.p6.weight'],
    ['mmdetection', 'inner_blocks.0.0.weight', 'lateral_convs.0.conv.weight'],
    ['mmdetection', 'layer_blocks.3.0.bias', 'fpn_convs.3.conv.bias'],
    ['mmdetection', 'extra_blocks.p7.weight', 'fpn_convs.5.conv.weight'],
    ['detectron2', 'inner_blocks.0.0.weight', 'fpn_lateral2.weight'],
    ['detectron2', 'layer_blocks.3.0.bias', 'fpn_output5.bias'],
    ['detectron2', 'extra_blocks.p6.bias', 'top_block.p6.bias'],
  ] as const)("%s's name of %s is %s", (style, ours, theirs) => {
    expect(fpnNames(fpn, style)[ours]).toBe(theirs);
  });

  test('levels count from the first, and norms have names too', () => {
    const retina = fpnConfig(resnet, { first: 'c3', norm: 'batch', extra: { kind: 'conv', source: 'p5' } });
    expect(retina.inChannels).toEqual([512, 1024, 2048]);
    expect(fpnNames(retina, 'detectron2')['inner_blocks.0.1.running_mean']).toBe('fpn_lateral3.norm.running_mean');
    expect(fpnNames(retina, 'mmdetection')['layer_blocks.2.1.weight']).toBe('fpn_convs.2.bn.weight');
    expect(fpnNames(retina, 'mmdetection')['extra_blocks.p6.weight']).toBe('fpn_convs.3.conv.weight');
    expect(fpnShapes(retina)['inner_blocks.0.0.bias']).toBeUndefined();
  });

  test.each(['torchvision', 'torchvision-v1', 'mmdetection', 'detectron2'] as const)('%s: there and back', (style) => {
    const all = [
      [resnetNames(resnet, style), resnetShapes(resnet)],
      [fpnNames(fpn, style), fpnShapes(fpn)],
    ] as const;
    for (const [names, shapes] of all) {
      const rename = renameFrom(names);
      expect(Object.values(names).map(rename)).toEqual(Object.keys(shapes));
      expect(rename('roi_heads.box_predictor.weight')).toBeUndefined();
    }
    expect(PREFIXES[style].backbone.endsWith('.')).toBe(true);
  });
});
