/**
 * Published detectors on COCO: network, conventions, and the box AP on val2017 that their authors state.
 *
 * Sources: torchvision's documentation of its weights; open-mmlab/mmdetection `configs/faster_rcnn/README.md`; facebookresearch/detectron2
 * `MODEL_ZOO.md`; Liu et al., arXiv 2012.13587, table of Faster R-CNN, and the repository yifan123/IC-Conv.
 */
import { type PatternName, type ResNetConfig, type ResNetDepth, resnetConfig } from '@icconv/models';
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

type Preset = NonNullable<Parameters<typeof fasterRcnnConfig>[0]['preset']>;

function published(preset: Preset, backbone: ResNetConfig, ap: number, source: string): PublishedDetector {
  // torchvision's networks have 90 classes: ids of COCO, of which ten are not used.
  const ids = preset.startsWith('torchvision');
  return {
    config: fasterRcnnConfig({ backbone, classes: ids ? 90 : 80, preset }),
    ap,
    categories: ids ? 'ids' : 'order',
    source,
  };
}

const IC_SOURCE = 'arXiv 2012.13587 and github.com/yifan123/IC-Conv; conventions not published, mmdetection’s assumed';
const caffe = (depth: ResNetDepth) => resnetConfig(depth, { stridePlacement: 'caffe' });
const inception = (depth: ResNetDepth, pattern: PatternName, ap: number) =>
  published('mmdetection', resnetConfig(depth, { conv: { kind: 'inception', pattern } }), ap, IC_SOURCE);

/** By name. */
export const PUBLISHED_DETECTORS: Readonly<Record<string, PublishedDetector>> = {
  'torchvision/fasterrcnn-r50-fpn': published(
    'torchvision',
    // The one row that was trained without an epsilon.
    resnetConfig(50, { batchNormEpsilon: 0 }),
    37.0,
    'FasterRCNN_ResNet50_FPN_Weights.COCO_V1',
  ),
  'torchvision/fasterrcnn-r50-fpn-v2': published(
    'torchvision-v2',
    resnetConfig(50),
    46.7,
    'FasterRCNN_ResNet50_FPN_V2_Weights.COCO_V1',
  ),
  'mmdetection/faster-rcnn-r50-fpn-1x': published('mmdetection', resnetConfig(50), 37.4, 'faster_rcnn_r50_fpn_1x_coco'),
  'mmdetection/faster-rcnn-r101-fpn-1x': published(
    'mmdetection',
    resnetConfig(101),
    39.4,
    'faster_rcnn_r101_fpn_1x_coco',
  ),
  'detectron2/faster-rcnn-r50-fpn-1x': published(
    'detectron2',
    caffe(50),
    37.9,
    'COCO-Detection/faster_rcnn_R_50_FPN_1x',
  ),
  'detectron2/faster-rcnn-r50-fpn-3x': published(
    'detectron2',
    caffe(50),
    40.2,
    'COCO-Detection/faster_rcnn_R_50_FPN_3x',
  ),
  'detectron2/faster-rcnn-r101-fpn-3x': published(
    'detectron2',
    caffe(101),
    42.0,
    'COCO-Detection/faster_rcnn_R_101_FPN_3x',
  ),
  'ic-conv/faster-rcnn-ic-r50-fpn-1x': inception(50, 'detection/ic-resnet50-k9', 38.9),
  'ic-conv/faster-rcnn-ic-r101-fpn-1x': inception(101, 'detection/ic-resnet101-k9', 41.9),
};
