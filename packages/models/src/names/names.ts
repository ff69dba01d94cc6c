/**
 * What other libraries call the weights.
 *
 * Sources: torchvision/models/resnet.py and torchvision/ops/feature_pyramid_network.py (whose first version, still in the published
 * detector checkpoints, has no `.0` for the convolution); mmdetection, mmdet/models/necks/fpn.py; detectron2,
 * detectron2/modeling/backbone/{resnet,fpn}.py.
 */
import type { ResNetConfig } from '../config/resnet-config';
import { fpnShapes } from '../fpn/fpn';
import { type FpnConfig, resolveFpn } from '../fpn/fpn-config';
import type { ConvSpec } from '../network/plan';
import { resolveResNet } from '../network/resolve';
import { resnetBlocks } from '../resnet/blocks';
import { resnetShapes } from '../resnet/features';

/** `torchvision-v1` has the names of torchvision's pyramids before version 0.14. Caffe-style ResNets have detectron2's or torchvision's. */
export type WeightStyle = 'torchvision' | 'torchvision-v1' | 'mmdetection' | 'detectron2';

/** A style's names by ours. */
export type WeightNames = Readonly<Record<string, string>>;

/** What stands before the names in a detector's checkpoint. */
export const PREFIXES: Readonly<Record<WeightStyle, { readonly backbone: string; readonly fpn: string }>> = {
  torchvision: { backbone: 'backbone.body.', fpn: 'backbone.fpn.' },
  'torchvision-v1': { backbone: 'backbone.body.', fpn: 'backbone.fpn.' },
  mmdetection: { backbone: 'backbone.', fpn: 'neck.' },
  detectron2: { backbone: 'backbone.bottom_up.', fpn: 'backbone.' },
};

/** The first rule that matches a name makes the style's of it. */
type Rule = readonly [pattern: RegExp, replacement: string | ((...groups: string[]) => string)];

/** detectron2's name of each of a ResNet's layers. torchvision and mmdetection share ours. */
function detectron2Layers(config: ResNetConfig): Map<string, string> {
  const names = new Map<string, string>();
  const add = ({ name, norm }: ConvSpec, theirs: string) => {
    names.set(name, theirs);
    if (norm !== undefined) names.set(norm, `${theirs}.norm`);
  };
  const { stem, head } = resolveResNet(config);
  add(stem, 'stem.conv1');
  for (const { stage, index, convs, downsample } of resnetBlocks(config)) {
    const block = `res${stage + 1}.${index}`;
    convs.forEach((conv, i) => void add(conv, `${block}.conv${i + 1}`));
    if (downsample !== undefined) add(downsample, `${block}.shortcut`);
  }
  if (head !== undefined) names.set(head.name, 'linear');
  return names;
}

/** @param first - number of the first level. @param count - levels with a convolution of their own below the extra ones. */
const FPN_RULES: Readonly<Record<WeightStyle, (first: number, count: number) => readonly Rule[]>> = {
  torchvision: () => [],
  'torchvision-v1': () => [[/^(inner|layer)_blocks\.(\d)\.0\./, '$1_blocks.$2.']],
  mmdetection: (_, count) => [
    [/^inner_blocks\.(\d)\.0\./, 'lateral_convs.$1.conv.'],
    [/^inner_blocks\.(\d)\.1\./, 'lateral_convs.$1.bn.'],
    [/^layer_blocks\.(\d)\.0\./, 'fpn_convs.$1.conv.'],
    [/^layer_blocks\.(\d)\.1\./, 'fpn_convs.$1.bn.'],
    [/^extra_blocks\.p(\d)\./, (_, level) => `fpn_convs.${Number(level) - 6 + count}.conv.`],
  ],
  detectron2: (first) => [
    [/^inner_blocks\.(\d)\.0\./, (_, level) => `fpn_lateral${Number(level) + first}.`],
    [/^inner_blocks\.(\d)\.1\./, (_, level) => `fpn_lateral${Number(level) + first}.norm.`],
    [/^layer_blocks\.(\d)\.0\./, (_, level) => `fpn_output${Number(level) + first}.`],
    [/^layer_blocks\.(\d)\.1\./, (_, level) => `fpn_output${Number(level) + first}.norm.`],
    [/^extra_blocks\./, 'top_block.'],
  ],
};

/** Names of a ResNet's weights in another library's checkpoints, by ours. @throws {@link InvalidArgumentError} for a wrong config. */
export function resnetNames(config: ResNetConfig, style: WeightStyle): WeightNames {
  const names = Object.keys(resnetShapes(config));
  if (style !== 'detectron2') return Object.fromEntries(names.map((name) => [name, name]));
  const layers = detectron2Layers(config);
  return Object.fromEntries(
    names.map((name) => {
      const dot = name.lastIndexOf('.');
      return [name, `${layers.get(name.slice(0, dot))!}${name.slice(dot)}`];
    }),
  );
}

/** Names of a pyramid's weights in another library's checkpoints, by ours. @throws {@link InvalidArgumentError} for a wrong config. */
export function fpnNames(config: FpnConfig, style: WeightStyle): WeightNames {
  const { first, inner } = resolveFpn(config);
  return translate(Object.keys(fpnShapes(config)), FPN_RULES[style](first, inner.length));
}

function translate(names: readonly string[], rules: readonly Rule[]): WeightNames {
  return Object.fromEntries(
    names.map((name) => {
      const rule = rules.find(([pattern]) => pattern.test(name));
      return [name, rule === undefined ? name : name.replace(rule[0], rule[1] as string)];
    }),
  );
}

/**
 * The way back, as `loadStateDict` of tensor-ops takes it: our name of a checkpoint's entry, undefined for one that is not ours.
 *
 * @example
 * ```ts
 * const weights = await loadStateDict(file, { prefix: PREFIXES.detectron2.backbone, rename: renameFrom(resnetNames(config, 'detectron2')) });
 * ```
 */
export function renameFrom(names: WeightNames): (theirs: string) => string | undefined {
  const ours = new Map(Object.entries(names).map(([own, theirs]) => [theirs, own]));
  return (theirs) => ours.get(theirs);
}
