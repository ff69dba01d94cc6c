/** Names of the published patterns: the task they were searched for, the network, and k9 or k13 for dilations up to 4 or 6. */
export const PATTERN_NAMES = [
  'detection/ic-resnet50-k9',
  'detection/ic-resnet101-k9',
  'detection/ic-resnext101-32x4d-k9',
  'segmentation/ic-resnet50-k9',
  'segmentation/ic-resnet101-k9',
  'pose/ic-resnet50-k13',
  'pose/ic-resnet101-k13',
] as const;

export type PatternName = (typeof PATTERN_NAMES)[number];
