/**
 * OpenMMLab's checkpoints.
 *
 * Sources: open-mmlab/mmdetection configs/faster_rcnn/README.md; open-mmlab/mmpose 0.x
 * configs/body/2d_kpt_sview_rgb_img/associative_embedding/coco/resnet_coco.md. Their publishing scripts (tools/publish_model.py) put the
 * first eight digits of the SHA-256 into the file's name.
 */
import type { ResNetConfig } from '../config/resnet-config';
import { PREFIXES } from '../names/names';
import type { ModelEntry, Preprocessing } from './model-entry';
import { hashInName, IMAGENET_RGB } from './torchvision-entries';

const HOST = 'https://download.openmmlab.com/';
const LICENCE = { code: 'Apache-2.0', trainedOn: ['ImageNet-1k', 'COCO train2017'] } as const;

const CAFFE_BGR = {
  channels: 'bgr',
  mean: [103.53, 116.28, 123.675],
  deviation: [1, 1, 1],
} as const satisfies Partial<Preprocessing>;

function detector(
  name: string,
  folder: string,
  file: string,
  AP: number,
  style: 'pytorch' | 'caffe',
  config: ResNetConfig,
): ModelEntry {
  return {
    name: `mmdetection/${name}`,
    task: 'detection',
    url: `${HOST}mmdetection/v2.0/faster_rcnn/${folder}/${file}`,
    sha256: hashInName(file),
    licence: LICENCE,
    metric: { dataset: 'COCO val2017', values: { AP } },
    preprocessing: {
      resize: 'shortest',
      size: 800,
      longest: 1333,
      divisor: 32,
      ...(style === 'caffe' ? CAFFE_BGR : IMAGENET_RGB),
    },
    config: style === 'caffe' ? { ...config, stridePlacement: 'caffe' } : config,
    style: 'mmdetection',
    prefix: PREFIXES.mmdetection.backbone,
    head: { kind: 'faster-rcnn', preset: 'mmdetection', classes: 80 },
    source: 'github.com/open-mmlab/mmdetection configs/faster_rcnn/README.md',
  };
}

/** @param AP - at one scale. */
function pose(depth: 50 | 101 | 152, size: 512 | 640, file: string, AP: number): ModelEntry {
  return {
    name: `mmpose/bottom-up-resnet${depth}-${size}`,
    task: 'pose',
    url: `${HOST}mmpose/bottom_up/${file}`,
    sha256: hashInName(file),
    licence: LICENCE,
    metric: { dataset: 'COCO val2017', values: { AP } },
    preprocessing: { resize: 'padded-square', size, ...IMAGENET_RGB },
    config: { depth },
    style: 'mmdetection',
    prefix: PREFIXES.mmdetection.backbone,
    head: { kind: 'bottom-up-pose', keypoints: 17, deconvs: 3, deconvChannels: 256, tagPerKeypoint: true },
    source: 'github.com/open-mmlab/mmpose configs/body/2d_kpt_sview_rgb_img/associative_embedding/coco/resnet_coco.md',
  };
}

export const OPENMMLAB_ENTRIES: readonly ModelEntry[] = [
  detector(
    'faster-rcnn-r50-fpn-1x',
    'faster_rcnn_r50_fpn_1x_coco',
    'faster_rcnn_r50_fpn_1x_coco_20200130-047c8118.pth',
    37.4,
    'pytorch',
    { depth: 50 },
  ),
  detector(
    'faster-rcnn-r50-fpn-2x',
    'faster_rcnn_r50_fpn_2x_coco',
    'faster_rcnn_r50_fpn_2x_coco_bbox_mAP-0.384_20200504_210434-a5d8aa15.pth',
    38.4,
    'pytorch',
    { depth: 50 },
  ),
  detector(
    'faster-rcnn-r50-caffe-fpn-1x',
    'faster_rcnn_r50_caffe_fpn_1x_coco',
    'faster_rcnn_r50_caffe_fpn_1x_coco_bbox_mAP-0.378_20200504_180032-c5925ee5.pth',
    37.8,
    'caffe',
    { depth: 50 },
  ),
  detector(
    'faster-rcnn-r101-fpn-1x',
    'faster_rcnn_r101_fpn_1x_coco',
    'faster_rcnn_r101_fpn_1x_coco_20200130-f513f705.pth',
    39.4,
    'pytorch',
    { depth: 101 },
  ),
  detector(
    'faster-rcnn-x101-32x4d-fpn-1x',
    'faster_rcnn_x101_32x4d_fpn_1x_coco',
    'faster_rcnn_x101_32x4d_fpn_1x_coco_20200203-cff10310.pth',
    41.2,
    'pytorch',
    { depth: 101, groups: 32, groupWidth: 4 },
  ),
  pose(50, 512, 'res50_coco_512x512-5521bead_20200816.pth', 46.6),
  pose(50, 640, 'res50_coco_640x640-2046f9cb_20200822.pth', 47.9),
  pose(101, 512, 'res101_coco_512x512-e0c95157_20200816.pth', 55.4),
  pose(152, 512, 'res152_coco_512x512-364eb38d_20200822.pth', 59.5),
];
