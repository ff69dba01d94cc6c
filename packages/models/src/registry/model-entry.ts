/** What the registry knows of a published checkpoint. */
import type { ResNetConfig } from '../config/resnet-config';
import type { WeightStyle } from '../names/names';

export type ModelTask = 'classification' | 'detection' | 'pose';

/** How a picture becomes the network's input, as the checkpoint's authors evaluate it. */
export interface Preprocessing {
  /**
   * `shortest`: the shorter side to `size` pixels, unless the longer one would exceed `longest`; `crop`, if given, is then cut out of the
   * middle. `padded-square`: as mmpose's bottom-up transform, the shorter side to `size`, both sides multiples of 64.
   */
  readonly resize: 'shortest' | 'padded-square';
  readonly size: number;
  readonly longest?: number;
  readonly crop?: number;
  readonly channels: 'rgb' | 'bgr';
  /** Subtracted from and divided out of each channel, for pixels in [0, 255], in the order of `channels`. */
  readonly mean: readonly [number, number, number];
  readonly deviation: readonly [number, number, number];
  /** Height and width are padded, below and to the right, to a multiple of this. */
  readonly divisor?: number;
}

/** What its authors measured: in percent. */
export interface ExpectedMetric {
  readonly dataset: 'ImageNet-1k val' | 'COCO val2017';
  /** `top1` and `top5` accuracy; `AP` of boxes, or of keypoints at one scale with the flip test. */
  readonly values: Readonly<Partial<Record<'top1' | 'top5' | 'AP', number>>>;
}

/** A published checkpoint; plain data. */
export interface ModelEntry {
  /** `<library>/<model>`. */
  readonly name: string;
  readonly task: ModelTask;
  readonly url: string;
  /** The first digits of the file's SHA-256, which its publisher wrote into its name. */
  readonly sha256: string;
  /** Size in bytes, to three digits; absent where the publisher does not tell. */
  readonly bytes?: number;
  readonly licence: {
    /** SPDX identifier of the licence that the publisher releases its models under. */
    readonly code: string;
    /** What they were trained on, whose own terms may bind too. */
    readonly trainedOn: readonly ('ImageNet-1k' | 'COCO train2017')[];
  };
  readonly metric: ExpectedMetric;
  readonly preprocessing: Preprocessing;
  /** The backbone that the weights fit, with the epsilon of its batch norms. */
  readonly config: ResNetConfig;
  /** How the checkpoint names the backbone's weights, and what stands before them. */
  readonly style: WeightStyle;
  readonly prefix: string;
  /** What stands on the backbone. */
  readonly head:
    | { readonly kind: 'classifier'; readonly classes: number }
    | {
        readonly kind: 'faster-rcnn';
        /** Conventions by the name that `fasterRcnnConfig` of `@icconv/detection` knows. */
        readonly preset: 'torchvision' | 'torchvision-v2' | 'mmdetection' | 'detectron2';
        /** The background not counted; torchvision numbers COCO's 80 classes up to 90. */
        readonly classes: number;
      }
    | {
        readonly kind: 'bottom-up-pose';
        readonly keypoints: number;
        /** Transposed 4x4 convolutions of stride 2. */
        readonly deconvs: number;
        readonly deconvChannels: number;
        /** Tags of associative embedding: one map for each keypoint. */
        readonly tagPerKeypoint: boolean;
      };
  /** Where the figures are from. */
  readonly source: string;
}

/** A checkpoint that has no address a program could fetch it from, and how to come by it. */
export interface ManualEntry {
  readonly name: string;
  readonly task: ModelTask;
  readonly what: string;
  readonly steps: readonly string[];
}
