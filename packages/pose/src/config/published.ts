/**
 * Published bottom-up pose estimators on COCO: network, conventions, and the keypoint AP on val2017 that their authors state.
 *
 * Sources: open-mmlab/mmpose 0.x configs/body/2d_kpt_sview_rgb_img/associative_embedding/coco/resnet_coco.md; Liu et al., arXiv 2012.13587,
 * table of bottom-up pose estimation, and yifan123/IC-Conv human_pose/README.md.
 */
import { type PatternName, type ResNetDepth, resnetConfig } from '@icconv/models';
import { type PoseConfig, poseConfig } from './pose-config';

export interface PublishedPose {
  readonly config: PoseConfig;
  /** Keypoint AP on COCO val2017 in percent, with flip, at one scale. */
  readonly ap: number;
  /** At scales 2, 1 and 0.5, where it was stated. */
  readonly multiScaleAp: number | undefined;
  readonly source: string;
}

function mmpose(depth: ResNetDepth, size: 512 | 640, ap: number, multiScaleAp?: number): PublishedPose {
  const config = poseConfig({ backbone: depth });
  const source = `mmpose 0.x, res${depth}_coco_${size}x${size}`;
  return { config: { ...config, input: { ...config.input, size } }, ap, multiScaleAp, source };
}

function official(
  depth: ResNetDepth,
  pattern: PatternName | undefined,
  ap: number,
  multiScaleAp: number,
): PublishedPose {
  const backbone = resnetConfig(depth, pattern === undefined ? {} : { conv: { kind: 'inception', pattern } });
  return { config: poseConfig({ backbone }), ap, multiScaleAp, source: 'github.com/yifan123/IC-Conv, README' };
}

/** By name. The official plain networks are mmpose's trained with another learning rate. */
export const PUBLISHED_POSE: Readonly<Record<string, PublishedPose>> = {
  'mmpose/res50-512': mmpose(50, 512, 46.6, 50.3),
  'mmpose/res50-640': mmpose(50, 640, 47.9, 52.5),
  'mmpose/res101-512': mmpose(101, 512, 55.4, 60.3),
  'mmpose/res152-512': mmpose(152, 512, 59.5, 66.0),
  'ic-conv/res50': official(50, undefined, 51.0, 55.8),
  'ic-conv/ic-res50-k13': official(50, 'pose/ic-resnet50-k13', 62.2, 65.8),
  'ic-conv/res101': official(101, undefined, 55.5, 60.2),
  'ic-conv/ic-res101-k13': official(101, 'pose/ic-resnet101-k13', 63.3, 68.5),
};
