/**
 * The published dilation patterns.
 *
 * Source of the figures: github yifan123/IC-Conv, pattern_zoo, commit 0a92284559f6ddfc9d0e6ad94bcfed3e982d875f; the ResNeXt-101 one,
 * which counts groups instead of channels, from its history, commit 078c0f0. The figures hold, for each inception layer in forward
 * order, how many consecutive channels have each dilation: (1, 1), (1, 2), ..., (2, 1), ... up to (d, d), height first.
 */

import type { Dilation, DilationPattern } from '@icconv/inception-conv';
import { InvalidArgumentError } from '@icconv/tensor-ops';
import { PATTERN_NAMES, type PatternName } from '../config/pattern-names';
import { DETECTION_IC_RESNET50_K9 } from './figures/detection-ic-resnet50-k9';
import { DETECTION_IC_RESNET101_K9 } from './figures/detection-ic-resnet101-k9';
import { DETECTION_IC_RESNEXT101_32X4D_K9 } from './figures/detection-ic-resnext101-32x4d-k9';
import { POSE_IC_RESNET50_K13 } from './figures/pose-ic-resnet50-k13';
import { POSE_IC_RESNET101_K13 } from './figures/pose-ic-resnet101-k13';
import { SEGMENTATION_IC_RESNET50_K9 } from './figures/segmentation-ic-resnet50-k9';

const FIGURES: Readonly<Record<PatternName, string>> = {
  'detection/ic-resnet50-k9': DETECTION_IC_RESNET50_K9,
  'detection/ic-resnet101-k9': DETECTION_IC_RESNET101_K9,
  'detection/ic-resnext101-32x4d-k9': DETECTION_IC_RESNEXT101_32X4D_K9,
  'segmentation/ic-resnet50-k9': SEGMENTATION_IC_RESNET50_K9,
  // Published twice, byte for byte the same.
  'segmentation/ic-resnet101-k9': DETECTION_IC_RESNET101_K9,
  'pose/ic-resnet50-k13': POSE_IC_RESNET50_K13,
  'pose/ic-resnet101-k13': POSE_IC_RESNET101_K13,
};

/**
 * How many channels (ResNeXt: groups) have each dilation, for each inception layer in forward order.
 *
 * @returns [layer][d*(dH - 1) + dW - 1] with d the largest dilation, 4 or 6.
 * @throws {@link InvalidArgumentError} for an unknown name.
 */
export function publishedCounts(name: PatternName): number[][] {
  const figures = Object.hasOwn(FIGURES, name) ? FIGURES[name] : undefined;
  if (figures === undefined) {
    throw new InvalidArgumentError('publishedPattern', 'name', name, `one of ${PATTERN_NAMES.join(', ')}`);
  }
  return figures
    .trim()
    .split('\n')
    .map((line) => line.trim().split(' ').map(Number));
}

/**
 * A published pattern: the dilation of each channel (ResNeXt: group) of each inception layer, for a config or for analysis.
 *
 * @throws {@link InvalidArgumentError} for an unknown name.
 */
export function publishedPattern(name: PatternName): DilationPattern {
  const counts = publishedCounts(name);
  const maxDilation = Math.sqrt(counts[0]!.length);
  const dilation = (index: number): Dilation => [Math.floor(index / maxDilation) + 1, (index % maxDilation) + 1];
  return {
    maxDilation,
    layers: counts.map((layer) => ({
      dilations: layer.flatMap((count, index) => new Array<Dilation>(count).fill(dilation(index))),
    })),
  };
}
