/**
 * Published bottom-up pose estimators on COCO: network, conventions, and the keypoint AP on val2017 that their authors state, with flip, at
 * one scale (`AP`) and at scales 2, 1 and 0.5 (`APmultiScale`).
 *
 * Sources: open-mmlab/mmpose 0.x configs/body/2d_kpt_sview_rgb_img/associative_embedding/coco/resnet_coco.md, whose publishing script
 * (tools/publish_model.py) puts the first eight digits of the SHA-256 into a file's name; Liu et al., arXiv 2012.13587, table of bottom-up
 * pose estimation, and yifan123/IC-Conv human_pose/README.md.
 */
import { type PatternName, type ResNetDepth, resnetConfig } from '@icconv/models';
import { byHand, hashInName, type ZooRow } from '@icconv/task';
import { type PoseModel, poseConfig } from '../config/pose-config';

const DATA = { trainedOn: ['ImageNet-1k', 'COCO train2017'] } as const;

const metric = (AP: number, APmultiScale: number) =>
  ({ dataset: 'COCO val2017', values: { AP, APmultiScale } }) as const;

function mmpose(
  depth: ResNetDepth,
  size: 512 | 640,
  file: string,
  AP: number,
  APmultiScale: number,
): ZooRow<PoseModel> {
  const config = poseConfig({ backbone: depth });
  return {
    name: `mmpose/bottom-up-resnet${depth}-${size}`,
    model: { config: { ...config, input: { ...config.input, size } } },
    file: { url: `https://download.openmmlab.com/mmpose/bottom_up/${file}`, sha256: hashInName(file) },
    licence: { code: 'Apache-2.0', ...DATA },
    metric: metric(AP, APmultiScale),
    source: `mmpose 0.x, res${depth}_coco_${size}x${size}`,
  };
}

/** The plain networks are mmpose's trained with another learning rate. @param folder - in the archive. */
function official(
  depth: 50 | 101,
  pattern: PatternName | undefined,
  folder: string,
  AP: number,
  APmultiScale: number,
): ZooRow<PoseModel> {
  const name = `bottom-up-${pattern === undefined ? '' : 'ic-'}resnet${depth}-640`;
  const backbone = resnetConfig(depth, pattern === undefined ? {} : { conv: { kind: 'inception', pattern } });
  return {
    name: `ic-conv/${name}`,
    model: { config: poseConfig({ backbone }) },
    file: byHand(name, `ckpt/human_pose/${folder}/ckpt.pth`, pattern),
    licence: { code: 'NOASSERTION', ...DATA },
    metric: metric(AP, APmultiScale),
    source: 'github.com/yifan123/IC-Conv, README',
  };
}

export const POSE_ZOO: readonly ZooRow<PoseModel>[] = [
  mmpose(50, 512, 'res50_coco_512x512-5521bead_20200816.pth', 46.6, 50.3),
  mmpose(50, 640, 'res50_coco_640x640-2046f9cb_20200822.pth', 47.9, 52.5),
  mmpose(101, 512, 'res101_coco_512x512-e0c95157_20200816.pth', 55.4, 60.3),
  mmpose(152, 512, 'res152_coco_512x512-364eb38d_20200822.pth', 59.5, 66.0),
  official(50, undefined, 'the plain ResNet-50’s folder', 51.0, 55.8),
  official(50, 'pose/ic-resnet50-k13', 'ic_res50_k13_coco_640x640_lr0.001', 62.2, 65.8),
  official(101, undefined, 'the plain ResNet-101’s folder', 55.5, 60.2),
  official(101, 'pose/ic-resnet101-k13', 'ic_res101_k13_coco_640x640_lr0.0005', 63.3, 68.5),
];
