/**
 * What other libraries call a detector's weights.
 *
 * Sources: torchvision/models/detection/{rpn,faster_rcnn}.py; mmdetection, mmdet/models/{dense_heads/rpn_head,roi_heads/{bbox_heads,mask_heads}}.py;
 * detectron2, detectron2/modeling/{proposal_generator/rpn,roi_heads}.py.
 */
import { fpnNames, PREFIXES, resnetNames, type WeightNames, type WeightStyle } from '@icconv/models';
import type { FasterRcnnConfig } from '../config/faster-rcnn-config';
import { pyramidConfig } from '../network/feature-pyramid';
import { BACKBONE_PREFIX, FPN_PREFIX } from '../network/names';
import { headShapes } from '../network/shapes';

type Rule = readonly [RegExp, string | ((...matched: string[]) => string)];

/** Before torchvision 0.14 mask heads counted from 1; the published checkpoint still has those names, and detectron2 has them too. */
const MASK_FROM_ONE: Rule = [
  /^roi_heads\.mask_head\.(\d+)\.0\./,
  (_, layer) => `roi_heads.mask_head.mask_fcn${Number(layer) + 1}.`,
];

/** The first rule that matches a name makes the style's of it. What may stand in the middle is the number of a cascade's stage. */
const HEAD_RULES: Readonly<Record<WeightStyle, readonly Rule[]>> = {
  torchvision: [],
  // Before torchvision 0.14 the RPN had one convolution, without a number; the published checkpoint still has that name.
  'torchvision-v1': [[/^rpn\.head\.conv\.0\.0\./, 'rpn.head.conv.'], MASK_FROM_ONE],
  mmdetection: [
    [/^rpn\.head\.conv\.0\.0\./, 'rpn_head.rpn_conv.'],
    [/^rpn\.head\.cls_logits\./, 'rpn_head.rpn_cls.'],
    [/^rpn\.head\.bbox_pred\./, 'rpn_head.rpn_reg.'],
    [/^roi_heads\.box_head\.(\d+\.)?fc6\./, 'roi_head.bbox_head.$1shared_fcs.0.'],
    [/^roi_heads\.box_head\.(\d+\.)?fc7\./, 'roi_head.bbox_head.$1shared_fcs.1.'],
    [/^roi_heads\.box_predictor\.(\d+\.)?cls_score\./, 'roi_head.bbox_head.$1fc_cls.'],
    [/^roi_heads\.box_predictor\.(\d+\.)?bbox_pred\./, 'roi_head.bbox_head.$1fc_reg.'],
    [/^roi_heads\.mask_head\.(\d+\.)?(\d+)\.0\.(?=weight|bias)/, 'roi_head.mask_head.$1convs.$2.conv.'],
    [/^roi_heads\.mask_predictor\.(\d+\.)?conv5_mask\./, 'roi_head.mask_head.$1upsample.'],
    [/^roi_heads\.mask_predictor\.(\d+\.)?mask_fcn_logits\./, 'roi_head.mask_head.$1conv_logits.'],
  ],
  detectron2: [
    [/^rpn\.head\.conv\.0\.0\./, 'proposal_generator.rpn_head.conv.'],
    [/^rpn\.head\.cls_logits\./, 'proposal_generator.rpn_head.objectness_logits.'],
    [/^rpn\.head\.bbox_pred\./, 'proposal_generator.rpn_head.anchor_deltas.'],
    [/^roi_heads\.box_head\.(\d+\.)?fc6\./, 'roi_heads.box_head.$1fc1.'],
    [/^roi_heads\.box_head\.(\d+\.)?fc7\./, 'roi_heads.box_head.$1fc2.'],
    MASK_FROM_ONE,
    [/^roi_heads\.mask_predictor\.conv5_mask\./, 'roi_heads.mask_head.deconv.'],
    [/^roi_heads\.mask_predictor\.mask_fcn_logits\./, 'roi_heads.mask_head.predictor.'],
  ],
};

/** A name that only one style has. */
const MARKS: readonly (readonly [string, WeightStyle])[] = [
  ['rpn.head.conv.weight', 'torchvision-v1'],
  ['rpn_head.rpn_conv.weight', 'mmdetection'],
  ['proposal_generator.rpn_head.conv.weight', 'detectron2'],
];

/** The library whose names a checkpoint has; torchvision's where none is recognised. */
export function styleOfNames(names: Iterable<string>): WeightStyle {
  const all = new Set(names);
  return MARKS.find(([mark]) => all.has(mark))?.[1] ?? 'torchvision';
}

/** Names of all weights in a library's checkpoints, by ours. */
export function detectorNames(config: FasterRcnnConfig, style: WeightStyle): WeightNames {
  const names: Record<string, string> = {};
  const { backbone, fpn } = PREFIXES[style];
  for (const [ours, theirs] of Object.entries(resnetNames(config.backbone, style))) {
    names[BACKBONE_PREFIX + ours] = backbone + theirs;
  }
  for (const [ours, theirs] of Object.entries(fpnNames(pyramidConfig(config), style))) {
    names[FPN_PREFIX + ours] = fpn + theirs;
  }
  for (const ours of Object.keys(headShapes(config))) {
    const rule = HEAD_RULES[style].find(([pattern]) => pattern.test(ours));
    names[ours] = rule === undefined ? ours : ours.replace(rule[0], rule[1] as string);
  }
  return names;
}
