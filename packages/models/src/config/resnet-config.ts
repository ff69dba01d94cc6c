/**
 * The one description of a ResNet: plain, inception, super-kernel, or a mixture. Plain data, safe to write as JSON.
 *
 * Sources: He et al., "Deep Residual Learning for Image Recognition", arXiv 1512.03385; Xie et al., "Aggregated Residual
 * Transformations", arXiv 1611.05431; names and widths as in pytorch/vision, torchvision/models/resnet.py.
 */

import type { DilationPattern } from '@icconv/inception-conv';
import type { PatternName } from './pattern-names';

export type ResNetDepth = 18 | 34 | 50 | 101 | 152;
export type BlockKind = 'basic' | 'bottleneck';
/** Blocks of the stages C2, C3, C4, C5. */
export type StageBlocks = readonly [number, number, number, number];

/**
 * Which convolutions, by the names of their weights without `.weight`; `*` stands for any characters but dots.
 *
 * `layer*.*.conv2` are the second convolutions of all blocks, `conv1` is the stem, `layer4.*.conv2` those of the last stage.
 */
export type LayerSelector = string;

/** What takes the place of some convolutions. */
export type ConvChoice =
  | { readonly kind: 'plain' }
  | {
      readonly kind: 'inception';
      /** A layer for each chosen convolution, in forward order; or the name of a published pattern. */
      readonly pattern: DilationPattern | PatternName;
      /** @defaultValue {@link DEFAULT_LAYERS} */
      readonly layers?: readonly LayerSelector[];
    }
  | {
      readonly kind: 'super';
      /** Side K of the kernel, odd; 2*d + 1 covers all dilations up to d. */
      readonly size: number;
      /** @defaultValue {@link DEFAULT_LAYERS} */
      readonly layers?: readonly LayerSelector[];
    };

/** A ResNet that features are taken of: three channels in, no classifier. */
export interface BackboneConfig {
  /** Sets `block` and `blocks`; leave it out to give them. */
  readonly depth?: ResNetDepth;
  /** `basic`: two 3x3 convolutions; `bottleneck`: 1x1, 3x3, 1x1 with 4 times the channels. */
  readonly block?: BlockKind;
  readonly blocks?: StageBlocks;
  /** Channels of the stem and of stage C2's blocks (a quarter of a bottleneck's output), doubled from stage to stage; 64. */
  readonly width?: number;
  /** Groups of each bottleneck's 3x3 convolution (ResNeXt); 1. */
  readonly groups?: number;
  /** Channels of a group in stage C2, doubled from stage to stage; 64. */
  readonly groupWidth?: number;
  /** Where a bottleneck strides: `pytorch` on its 3x3, `caffe` on its first 1x1 convolution; `pytorch`. */
  readonly stridePlacement?: 'pytorch' | 'caffe';
  /** Replaced convolutions; several choices must not name the same layer; `{ kind: 'plain' }`. */
  readonly conv?: ConvChoice | readonly ConvChoice[];
  /**
   * Added to the variances in the batch norms; 1e-5, as nearly everywhere. It belongs to the weights: torchvision's first detectors on COCO
   * were trained with 0. Norms that take the statistics of the batch need one above 0.
   */
  readonly batchNormEpsilon?: number;
}

export interface ResNetConfig extends BackboneConfig {
  /** Outputs of the classifier `fc`; no classifier when left out. */
  readonly classes?: number;
  /** Channels of the input image; 3. */
  readonly inputChannels?: number;
}

/** The layers that the published networks search: the second convolution of every block. */
export const DEFAULT_LAYERS: readonly LayerSelector[] = ['layer*.*.conv2'];

/** Blocks of the standard depths. */
export const DEPTHS: Readonly<Record<ResNetDepth, { readonly block: BlockKind; readonly blocks: StageBlocks }>> = {
  18: { block: 'basic', blocks: [2, 2, 2, 2] },
  34: { block: 'basic', blocks: [3, 4, 6, 3] },
  50: { block: 'bottleneck', blocks: [3, 4, 6, 3] },
  101: { block: 'bottleneck', blocks: [3, 4, 23, 3] },
  152: { block: 'bottleneck', blocks: [3, 8, 36, 3] },
};

/** ResNet of a standard depth. */
export function resnetConfig(depth: ResNetDepth, rest: Omit<ResNetConfig, 'depth'> = {}): ResNetConfig {
  return { ...rest, depth };
}

/** ResNeXt 32x4d: 32 groups, of 4 channels each in stage C2. */
export function resnextConfig(depth: 50 | 101, rest: Omit<ResNetConfig, 'depth'> = {}): ResNetConfig {
  return { groups: 32, groupWidth: 4, ...rest, depth };
}
