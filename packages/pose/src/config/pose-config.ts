/**
 * The one description of a bottom-up pose estimator: network, and the conventions that its weights were trained under. Plain data.
 *
 * Sources: open-mmlab/mmpose 0.29 `configs/body/2d_kpt_sview_rgb_img/associative_embedding/coco`, yifan123/IC-Conv `human_pose/config`.
 */
import { type BackboneConfig, IMAGENET_RGB, type ResNetConfig, type ResNetDepth, resnetConfig } from '@icconv/models';
import type { GroupKeypointsOptions } from '@icconv/tensor-ops';
import { COCO_SKELETON, checkSkeleton, type Skeleton } from '../skeleton/skeleton';

/** A transposed convolution of stride 2, with batch norm and ReLU. */
export interface DeconvConfig {
  readonly channels: number;
  /** 2, 3 or 4. */
  readonly kernel: 2 | 3 | 4;
}

export interface PoseHeadConfig {
  /** From the last feature map, of stride 32; three give maps of stride 4. */
  readonly deconvs: readonly DeconvConfig[];
  /** A tag map for each keypoint, or one for all. */
  readonly tagPerKeypoint: boolean;
  /**
   * Makes a tag a place: x and y in units of so many pixels of the input, where the network adds to the keypoint's own place what leads to its
   * person. People apart have tags apart before anything is learned, and what is learned is the same all over the picture, so that crowds are
   * told apart. Without it a tag is one number, free to be anything (associative embedding), as in published checkpoints.
   *
   * Source of the idea: Neven et al., "Instance Segmentation by Jointly Optimizing Spatial Embeddings and Clustering Bandwidth", CVPR 2019.
   */
  readonly tagUnit?: number;
  /**
   * Further outputs, each of twice the size: a transposed convolution of features and output before, and heatmaps without tags of it
   * (HigherHRNet, Cheng et al., CVPR 2020, section 3.2).
   */
  readonly higher: readonly DeconvConfig[];
}

/** Pixels of the input for one of C5: inputs are multiples of it. */
export const COARSEST_STRIDE = 32;

/** How pixels become the network's input. */
export interface PoseInputConfig {
  /** The shorter side in pixels; the longer is padded to a multiple of `divisor`. */
  readonly size: number;
  readonly divisor: number;
  /** Subtracted from and divided out of each channel, for RGB pixels in [0, 255]. */
  readonly mean: readonly [number, number, number];
  readonly deviation: readonly [number, number, number];
  /**
   * Where pixels lie: `mmpose` has their centres at whole numbers when it resizes and rounds the picture's centre, `half-pixel` has them at
   * halves, as everywhere else in this project, trainings included.
   */
  readonly sampling: 'mmpose' | 'half-pixel';
}

export interface PoseLossConfig {
  /** Deviation of the Gaussians in pixels of the heatmap. */
  readonly sigma: number;
  /** Where Gaussians have their peak, see `EncodeOptions`. */
  readonly centre: 'pixel' | 'exact';
  /** Factors. */
  readonly heatmap: number;
  readonly push: number;
  readonly pull: number;
}

export interface PoseConfig {
  readonly backbone: BackboneConfig;
  readonly skeleton: Skeleton;
  readonly head: PoseHeadConfig;
  readonly input: PoseInputConfig;
  readonly grouping: Required<Omit<GroupKeypointsOptions, 'jointOrder'>>;
  readonly loss: PoseLossConfig;
}

/** What `model.json` says of a pose estimator. */
export interface PoseModel {
  readonly config: PoseConfig;
}

export interface PoseConfigOptions {
  /** A depth for an ordinary ResNet. */
  readonly backbone: ResNetConfig | ResNetDepth;
  /** @defaultValue COCO's 17 keypoints */
  readonly skeleton?: Skeleton;
}

/** The configuration of mmpose's bottom-up ResNets and of the published IC-ResNets. Spread it to change what differs. */
export function poseConfig({ backbone, skeleton = COCO_SKELETON }: PoseConfigOptions): PoseConfig {
  checkSkeleton(skeleton);
  const deconv = { channels: 256, kernel: 4 } as const;
  return {
    backbone: typeof backbone === 'number' ? resnetConfig(backbone) : backbone,
    skeleton,
    head: { deconvs: [deconv, deconv, deconv], tagPerKeypoint: true, higher: [] },
    input: {
      size: 640,
      divisor: 64,
      ...IMAGENET_RGB,
      sampling: 'mmpose',
    },
    grouping: {
      nmsKernel: 5,
      maxPeople: 30,
      detectionThreshold: 0.1,
      tagThreshold: 1,
      useDetectionVal: true,
      ignoreTooMuch: false,
      adjust: true,
      refine: true,
    },
    loss: { sigma: 2, centre: 'pixel', heatmap: 1, push: 0.001, pull: 0.001 },
  };
}

/** T: numbers of a tag. */
export const tagSize = ({ tagUnit }: PoseHeadConfig): number => (tagUnit === undefined ? 1 : 2);

/** Pixels of the input for one of each output, finest last. */
export function outputStrides({ head }: PoseConfig): number[] {
  const first = COARSEST_STRIDE / 2 ** head.deconvs.length;
  return [first, ...head.higher.map((_, i) => first / 2 ** (i + 1))];
}
