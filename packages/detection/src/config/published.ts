/**
 * Published detectors on COCO: network, conventions, and the box AP on val2017 that their authors state.
 *
 * Sources: torchvision's documentation of its weights; open-mmlab/mmdetection `configs/faster_rcnn/README.md`; facebookresearch/detectron2
 * `MODEL_ZOO.md`; Liu et al., arXiv 2012.13587, table of Faster R-CNN, and the repository yifan123/IC-Conv.
 */
import { resnetConfig } from '@icconv/models';
import type { FasterRcnnConfig } from './faster-rcnn-config';
import { fasterRcnnConfig } from './presets';

export interface PublishedDetector {
  readonly config: FasterRcnnConfig;
  /** Box AP on COCO val2017, in percent. */
  readonly ap: number;
  /** How class numbers 0 to K - 1 map to COCO's category ids: number + 1 (torchvision), or in their order. */
  readonly categories: 'ids' | 'order';
  readonly source: string;
}

const r50 = resnetConfig(50);
const r101 = resnetConfig(101);
const caffe50 = resnetConfig(50, { stridePlacement: 'caffe' });
const caffe101 = resnetConfig(101, { stridePlacement: 'caffe' });
const ic50 = resnetConfig(50, { conv: { kind: 'inception', pattern: 'detection/ic-resnet50-k9' } });
const ic101 = resnetConfig(101, { conv: { kind: 'inception', pattern: 'detection/ic-resnet101-k9' } });
const IC_SOURCE = 'arXiv 2012.13587 and github.com/yifan123/IC-Conv; conventions not published, mmdetection’s assumed';

/** By name. torchvision's networks have 90 classes: ids of COCO, of which ten are not used. */
export const PUBLISHED_DETECTORS: Readonly<Record<string, PublishedDetector>> = {
  'torchvision/fasterrcnn-r50-fpn': {
    config: fasterRcnnConfig({ backbone: r50, classes: 90 }),
    ap: 37.0,
    categories: 'ids',
    source: 'FasterRCNN_ResNet50_FPN_Weights.COCO_V1',
  },
  'torchvision/fasterrcnn-r50-fpn-v2': {
    config: fasterRcnnConfig({ backbone: r50, classes: 90, preset: 'torchvision-v2' }),
    ap: 46.7,
    categories: 'ids',
    source: 'FasterRCNN_ResNet50_FPN_V2_Weights.COCO_V1',
  },
  'mmdetection/faster-rcnn-r50-fpn-1x': {
    config: fasterRcnnConfig({ backbone: r50, classes: 80, preset: 'mmdetection' }),
    ap: 37.4,
    categories: 'order',
    source: 'faster_rcnn_r50_fpn_1x_coco',
  },
  'mmdetection/faster-rcnn-r101-fpn-1x': {
    config: fasterRcnnConfig({ backbone: r101, classes: 80, preset: 'mmdetection' }),
    ap: 39.4,
    categories: 'order',
    source: 'faster_rcnn_r101_fpn_1x_coco',
  },
  'detectron2/faster-rcnn-r50-fpn-1x': {
    config: fasterRcnnConfig({ backbone: caffe50, classes: 80, preset: 'detectron2' }),
    ap: 37.9,
    categories: 'order',
    source: 'COCO-Detection/faster_rcnn_R_50_FPN_1x',
  },
  'detectron2/faster-rcnn-r50-fpn-3x': {
    config: fasterRcnnConfig({ backbone: caffe50, classes: 80, preset: 'detectron2' }),
    ap: 40.2,
    categories: 'order',
    source: 'COCO-Detection/faster_rcnn_R_50_FPN_3x',
  },
  'detectron2/faster-rcnn-r101-fpn-3x': {
    config: fasterRcnnConfig({ backbone: caffe101, classes: 80, preset: 'detectron2' }),
    ap: 42.0,
    categories: 'order',
    source: 'COCO-Detection/faster_rcnn_R_101_FPN_3x',
  },
  'ic-conv/faster-rcnn-ic-r50-fpn-1x': {
    config: fasterRcnnConfig({ backbone: ic50, classes: 80, preset: 'mmdetection' }),
    ap: 38.9,
    categories: 'order',
    source: IC_SOURCE,
  },
  'ic-conv/faster-rcnn-ic-r101-fpn-1x': {
    config: fasterRcnnConfig({ backbone: ic101, classes: 80, preset: 'mmdetection' }),
    ap: 41.9,
    categories: 'order',
    source: IC_SOURCE,
  },
};
