/**
 * The one description of a Faster, Mask or Cascade R-CNN: network, and the conventions that its weights were trained under. Plain data.
 *
 * Sources of the conventions: pytorch/vision `torchvision/models/detection`, open-mmlab/mmdetection `configs/_base_`,
 * facebookresearch/detectron2 `detectron2/config/defaults.py`.
 */
import type { BackboneConfig } from '@icconv/models';
import type { SideRounding } from '@icconv/tensor-ops';
import type { BoxCoderWeights } from '../boxes/box-coder';
import type { MatcherConfig } from '../matching/matcher';
import type { SamplerConfig } from '../matching/sampler';

/** How pixels become the network's input. */
export interface InputConfig {
  /** The shorter side after resizing, in pixels, unless the longer one would exceed its limit. */
  readonly minSize: number;
  readonly maxSize: number;
  /** How the resized height and width become whole: torchvision cuts, mmdetection rounds, detectron2 has its own way of it. */
  readonly sizeRounding: SideRounding;
  /** Subtracted from and divided out of each channel, for pixels in [0, 255], in the order of `channels`. */
  readonly mean: readonly [number, number, number];
  readonly deviation: readonly [number, number, number];
  readonly channels: 'rgb' | 'bgr';
  /**
   * Whose bilinear resizing: torch's on floats, OpenCV's or Pillow's on 8 bits, the latter with a kernel that widens when it shrinks.
   */
  readonly resampling: 'torch' | 'opencv' | 'pillow';
  /** Height and width are padded, below and to the right, to a multiple of this. */
  readonly divisor: number;
}

/** Which of the boxes become proposals. */
export interface ProposalConfig {
  /** Boxes kept of each level before suppression. */
  readonly preNmsTopN: number;
  /** Boxes kept of all levels together after it. */
  readonly postNmsTopN: number;
  readonly nmsThreshold: number;
  /** Boxes with a side under this many pixels go. */
  readonly minSize: number;
}

export interface AnchorConfig {
  /** Sides of square anchors in pixels, one list for each level: [[32], [64], ...]. */
  readonly sizes: readonly (readonly number[])[];
  /** Height over width. */
  readonly ratios: readonly number[];
  /** torchvision rounds an anchor's corners to whole pixels, half to even; mmdetection and detectron2 do not. */
  readonly rounded: boolean;
}

export interface RpnConfig {
  readonly anchors: AnchorConfig;
  /** 3x3 convolutions before the two outputs. */
  readonly convs: number;
  /** Proposals at inference and in training. */
  readonly test: ProposalConfig;
  readonly train: ProposalConfig;
  readonly matcher: MatcherConfig;
  readonly sampler: SamplerConfig;
  readonly smoothL1Beta: number;
}

/** The pyramid level that a box is pooled from. */
export interface LevelRule {
  /** Side of a square box, in pixels, that belongs on `canonicalLevel`: 224, ImageNet's crop. */
  readonly canonicalSize: number;
  /** Index into the pooled levels (0 is the finest) for a box of that side. */
  readonly canonicalLevel: number;
  readonly levels: number;
  /** Added to the logarithm, so that a box of just that side is not rounded down. */
  readonly epsilon: number;
}

/** A box head that sees the boxes which the head before it has made. */
export interface CascadeStage {
  readonly matcher: MatcherConfig;
  readonly coderWeights: BoxCoderWeights;
  /** Factor of its losses. */
  readonly lossWeight: number;
}

/** Source: Cai & Vasconcelos, "Cascade R-CNN", CVPR 2018. Every stage moves a box in one way for all classes. */
export interface CascadeConfig {
  /** Those behind the first, which has the matcher and weights of the box head, and a factor of 1. */
  readonly stages: readonly CascadeStage[];
  /** What is averaged over the stages: class logits, as in mmdetection, or probabilities, as in detectron2. */
  readonly average: 'logits' | 'probabilities';
}

/** Source: He et al., "Mask R-CNN", ICCV 2017. Regions are pooled as for the box head, but for the number of bins. */
export interface MaskConfig {
  /** Bins of a pooled region on each axis; a mask is twice as fine. */
  readonly outputSize: number;
  /** 3x3 convolutions before the one that doubles. */
  readonly convs: number;
  readonly hidden: number;
  /** Batch norm after each of them, instead of biases (torchvision's second version). */
  readonly norm: boolean;
  /**
   * `torchvision` has a mask for the background too, learns the share that an object has of each bin, and pastes to whole boxes;
   * `detectron2`, as mmdetection, learns whether it has half of it, and pastes where the box lies.
   */
  readonly convention: 'torchvision' | 'detectron2';
  /** Each stage of a cascade has a mask head, and masks are averaged, as in mmdetection; otherwise the first alone, as in detectron2. */
  readonly everyStage: boolean;
}

export interface RoiConfig {
  /** Bins of a pooled RoI on each axis. */
  readonly outputSize: number;
  readonly samplingRatio: number;
  /** Half-pixel RoIAlign, or the legacy one. */
  readonly aligned: boolean;
  readonly levelRule: LevelRule;
  /** Batch-normalised 3x3 convolutions before the linear layers. */
  readonly convs: number;
  /** Linear layers with ReLU before the two outputs. */
  readonly linears: number;
  readonly hidden: number;
  readonly coderWeights: BoxCoderWeights;
  /** Where the background stands among the class logits. */
  readonly background: 'first' | 'last';
  /** Deltas for the background class too, as torchvision. */
  readonly backgroundDeltas: boolean;
  readonly test: {
    readonly scoreThreshold: number;
    readonly nmsThreshold: number;
    /** A box also goes for one of another class that overlaps it: an object is found once, whatever it is. @defaultValue `false`, as in the libraries */
    readonly acrossClasses?: boolean;
    readonly maxDetections: number;
    readonly minSize: number;
  };
  readonly matcher: MatcherConfig;
  readonly sampler: SamplerConfig;
  readonly boxLoss: 'smoothL1' | 'giou';
  readonly smoothL1Beta: number;
  /** Further box heads. @defaultValue none */
  readonly cascade?: CascadeConfig;
}

export interface FasterRcnnConfig {
  readonly backbone: BackboneConfig;
  /** Channels of every pyramid level. */
  readonly fpnChannels: number;
  /** Batch norm after each convolution of the pyramid, instead of biases (torchvision's second version). */
  readonly fpnNorm: boolean;
  /** Classes, the background not counted. */
  readonly classes: number;
  readonly input: InputConfig;
  readonly rpn: RpnConfig;
  readonly roi: RoiConfig;
  /** A mask for each detection. @defaultValue none */
  readonly mask?: MaskConfig;
}
