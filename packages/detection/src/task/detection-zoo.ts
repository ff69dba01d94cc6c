/**
 * Published detectors on COCO: network, conventions, and the box AP on val2017 that their authors state.
 *
 * Sources: pytorch/vision torchvision/models/detection/faster_rcnn.py (addresses, sizes, figures); open-mmlab/mmdetection
 * configs/faster_rcnn/README.md, whose publishing script (tools/publish_model.py) puts the first eight digits of the SHA-256 into a file's
 * name; facebookresearch/detectron2 MODEL_ZOO.md; Liu et al., arXiv 2012.13587, table of Faster R-CNN, and yifan123/IC-Conv.
 */
import { cocoClassNames } from '@icconv/coco';
import type { ResNetConfig } from '@icconv/models';
import { byHand, hashInName, MEBIBYTE, type ZooFile, type ZooRow } from '@icconv/task';
import type { DetectionModel } from '../config/detection-model';
import { CAFFE_BGR, fasterRcnnConfig, type Preset } from '../config/presets';

const TRAINED_ON = ['ImageNet-1k', 'COCO train2017'] as const;

function row(
  name: string,
  preset: Preset,
  backbone: ResNetConfig,
  AP: number,
  file: ZooRow['file'],
  code: string,
  source: string,
): ZooRow<DetectionModel> {
  // torchvision's networks have 90 classes: ids of COCO, of which ten are not used.
  const classes = cocoClassNames(preset.startsWith('torchvision') ? 90 : 80)!;
  return {
    name,
    model: { config: fasterRcnnConfig({ backbone, classes: classes.length, preset }), classes },
    file,
    licence: { code, trainedOn: TRAINED_ON },
    metric: { dataset: 'COCO val2017', values: { AP } },
    source,
  };
}

/** @param sha256 - its first digits, at the end of the file's name: `_coco-258fb6c6.pth`. */
function torchvision(
  name: string,
  preset: Preset,
  backbone: ResNetConfig,
  AP: number,
  sha256: string,
  mebibytes: number,
): ZooRow<DetectionModel> {
  const url = `https://download.pytorch.org/models/${name.replaceAll('-', '_')}_coco-${sha256}.pth`;
  const at: ZooFile = { url, sha256, bytes: Math.round(mebibytes * MEBIBYTE) };
  const source = 'github.com/pytorch/vision torchvision/models/detection/faster_rcnn.py';
  return row(`torchvision/${name}`, preset, backbone, AP, at, 'BSD-3-Clause', source);
}

/** @param version - of the file: what stands in its name behind that of its folder. */
function mmdetection(name: string, version: string, AP: number, backbone: ResNetConfig): ZooRow<DetectionModel> {
  const folder = `${name.replaceAll('-', '_')}_coco`;
  const url = `https://download.openmmlab.com/mmdetection/v2.0/faster_rcnn/${folder}/${folder}_${version}.pth`;
  const source = 'github.com/open-mmlab/mmdetection configs/faster_rcnn/README.md';
  const at = { url, sha256: hashInName(url) };
  const own = row(`mmdetection/${name}`, 'mmdetection', backbone, AP, at, 'Apache-2.0', source);
  return backbone.stridePlacement === 'caffe' ? withCaffeInput(own) : own;
}

function withCaffeInput({ model, ...rest }: ZooRow<DetectionModel>): ZooRow<DetectionModel> {
  const { config, classes } = model;
  return { ...rest, model: { classes, config: { ...config, input: { ...config.input, ...CAFFE_BGR } } } };
}

/** @param file - ends in the first digits of its MD5, as MODEL_ZOO.md says. */
function detectron2(name: string, folder: string, file: string, depth: 50 | 101, AP: number): ZooRow<DetectionModel> {
  const url = `https://dl.fbaipublicfiles.com/detectron2/COCO-Detection/${folder}/${file}`;
  const md5 = /_([0-9a-f]{6})\.pkl$/.exec(file)![1]!;
  const source = 'github.com/facebookresearch/detectron2 MODEL_ZOO.md';
  const backbone: ResNetConfig = { depth, stridePlacement: 'caffe' };
  return row(`detectron2/${name}`, 'detectron2', backbone, AP, { url, md5 }, 'Apache-2.0', source);
}

function inception(depth: 50 | 101, AP: number): ZooRow<DetectionModel> {
  const pattern = ({ 50: 'detection/ic-resnet50-k9', 101: 'detection/ic-resnet101-k9' } as const)[depth];
  const name = `faster-rcnn-ic-r${depth}`;
  const file = byHand(name, `ckpt/detection/${name}/ckpt_e14.pth`, pattern);
  const source = 'arXiv 2012.13587 and github.com/yifan123/IC-Conv; conventions not published, mmdetection’s assumed';
  const backbone: ResNetConfig = { depth, conv: { kind: 'inception', pattern } };
  return row(`ic-conv/${name}`, 'mmdetection', backbone, AP, file, 'Apache-2.0', source);
}

const R50 = { depth: 50 } as const;
const CAFFE_R50 = { depth: 50, stridePlacement: 'caffe' } as const;
const X101 = { depth: 101, groups: 32, groupWidth: 4 } as const;

export const DETECTION_ZOO: readonly ZooRow<DetectionModel>[] = [
  // The one row that was trained without an epsilon.
  torchvision('fasterrcnn-resnet50-fpn', 'torchvision', { depth: 50, batchNormEpsilon: 0 }, 37, '258fb6c6', 159.743),
  torchvision('fasterrcnn-resnet50-fpn-v2', 'torchvision-v2', R50, 46.7, 'dd69338a', 167.104),
  mmdetection('faster-rcnn-r50-fpn-1x', '20200130-047c8118', 37.4, R50),
  mmdetection('faster-rcnn-r50-fpn-2x', 'bbox_mAP-0.384_20200504_210434-a5d8aa15', 38.4, R50),
  mmdetection('faster-rcnn-r50-caffe-fpn-1x', 'bbox_mAP-0.378_20200504_180032-c5925ee5', 37.8, CAFFE_R50),
  mmdetection('faster-rcnn-r101-fpn-1x', '20200130-f513f705', 39.4, { depth: 101 }),
  mmdetection('faster-rcnn-x101-32x4d-fpn-1x', '20200203-cff10310', 41.2, X101),
  detectron2('faster-rcnn-r50-fpn-1x', 'faster_rcnn_R_50_FPN_1x/137257794', 'model_final_b275ba.pkl', 50, 37.9),
  detectron2('faster-rcnn-r50-fpn-3x', 'faster_rcnn_R_50_FPN_3x/137849458', 'model_final_280758.pkl', 50, 40.2),
  detectron2('faster-rcnn-r101-fpn-3x', 'faster_rcnn_R_101_FPN_3x/137851257', 'model_final_f6e8b1.pkl', 101, 42.0),
  inception(50, 38.9),
  inception(101, 41.9),
];
