/**
 * Published detectors on COCO: network, conventions, and the AP of boxes and masks on val2017 that their authors state.
 *
 * Sources: pytorch/vision torchvision/models/detection/{faster,mask}_rcnn.py (addresses, sizes, figures); open-mmlab/mmdetection
 * configs/{faster,mask,cascade}_rcnn/README.md, whose publishing script (tools/publish_model.py) puts the first eight digits of the SHA-256 into a file's
 * name; facebookresearch/detectron2 MODEL_ZOO.md; Liu et al., arXiv 2012.13587, tables of detection and segmentation, and yifan123/IC-Conv.
 */
import { defined } from '@icconv/base';
import { cocoClassNames } from '@icconv/coco';
import type { ResNetConfig } from '@icconv/models';
import { byHand, hashInName, MEBIBYTE, type ZooFile, type ZooRow } from '@icconv/task';
import type { DetectionModel } from '../config/detection-model';
import { CAFFE_BGR, fasterRcnnConfig, type Preset } from '../config/presets';

const TRAINED_ON = ['ImageNet-1k', 'COCO train2017'] as const;

/** What a detector is, and what its authors measured. */
interface Published {
  readonly preset: Preset;
  readonly backbone: ResNetConfig;
  readonly AP: number;
  /** Of networks with masks. */
  readonly maskAP?: number;
  readonly cascade?: boolean;
}

function row(
  name: string,
  { preset, backbone, AP, maskAP, cascade = false }: Published,
  file: ZooRow['file'],
  code: string,
  source: string,
): ZooRow<DetectionModel> {
  // torchvision's networks have 90 classes: ids of COCO, of which ten are not used.
  const classes = cocoClassNames(preset.startsWith('torchvision') ? 90 : 80)!;
  const masks = maskAP !== undefined;
  return {
    name,
    model: { config: fasterRcnnConfig({ backbone, classes: classes.length, preset, masks, cascade }), classes },
    file,
    licence: { code, trainedOn: TRAINED_ON },
    metric: { dataset: 'COCO val2017', values: { AP, ...defined({ maskAP }) } },
    source,
  };
}

/** @param sha256 - its first digits, at the end of the file's name: `_coco-258fb6c6.pth`. */
function torchvision(name: string, published: Published, sha256: string, mebibytes: number): ZooRow<DetectionModel> {
  const url = `https://download.pytorch.org/models/${name.replaceAll('-', '_')}_coco-${sha256}.pth`;
  const at: ZooFile = { url, sha256, bytes: Math.round(mebibytes * MEBIBYTE) };
  const source = `github.com/pytorch/vision torchvision/models/detection/${name.startsWith('mask') ? 'mask' : 'faster'}_rcnn.py`;
  return row(`torchvision/${name}`, published, at, 'BSD-3-Clause', source);
}

/** @param version - of the file: what stands in its name behind that of its folder. */
function mmdetection(name: string, version: string, published: Omit<Published, 'preset'>): ZooRow<DetectionModel> {
  const kind = /^(?:faster|mask|cascade)/.exec(name)![0];
  const folder = `${name.replaceAll('-', '_')}_coco`;
  const url = `https://download.openmmlab.com/mmdetection/v2.0/${kind}_rcnn/${folder}/${folder}_${version}.pth`;
  const source = `github.com/open-mmlab/mmdetection configs/${kind}_rcnn/README.md`;
  const at = { url, sha256: hashInName(url) };
  const own = row(`mmdetection/${name}`, { preset: 'mmdetection', ...published }, at, 'Apache-2.0', source);
  return published.backbone.stridePlacement === 'caffe' ? withCaffeInput(own) : own;
}

function withCaffeInput({ model, ...rest }: ZooRow<DetectionModel>): ZooRow<DetectionModel> {
  const { config, classes } = model;
  return { ...rest, model: { classes, config: { ...config, input: { ...config.input, ...CAFFE_BGR } } } };
}

/** @param path - ends in the first digits of the file's MD5, as MODEL_ZOO.md says. */
function detectron2(
  name: string,
  path: string,
  depth: 50 | 101,
  published: Pick<Published, 'AP' | 'maskAP'>,
): ZooRow<DetectionModel> {
  const url = `https://dl.fbaipublicfiles.com/detectron2/${path}`;
  const md5 = /_([0-9a-f]{6})\.pkl$/.exec(path)![1]!;
  const source = 'github.com/facebookresearch/detectron2 MODEL_ZOO.md';
  const backbone: ResNetConfig = { depth, stridePlacement: 'caffe' };
  return row(
    `detectron2/${name}`,
    { preset: 'detectron2', backbone, ...published },
    { url, md5 },
    'Apache-2.0',
    source,
  );
}

function inception(
  kind: 'faster-rcnn' | 'cascade-rcnn' | 'mask-rcnn' | 'cascade-mask-rcnn',
  depth: 50 | 101,
  figures: Pick<Published, 'AP' | 'maskAP'>,
): ZooRow<DetectionModel> {
  const data = figures.maskAP === undefined ? 'detection' : 'segmentation';
  const pattern = `${data}/ic-resnet${depth}-k9` as const;
  const name = `${kind}-ic-r${depth}`;
  const cascade = kind.startsWith('cascade');
  // Networks with masks lie under the names of those without.
  const folder = `${cascade ? 'cascade' : 'faster'}-rcnn-ic-r${depth}`;
  const file = byHand(name, `ckpt/${data}/${folder}/ckpt_e14.pth`, pattern);
  const source = 'arXiv 2012.13587 and github.com/yifan123/IC-Conv; conventions not published, mmdetection’s assumed';
  const backbone: ResNetConfig = { depth, conv: { kind: 'inception', pattern } };
  return row(`ic-conv/${name}`, { preset: 'mmdetection', backbone, cascade, ...figures }, file, 'NOASSERTION', source);
}

const R50 = { depth: 50 } as const;
const CAFFE_R50 = { depth: 50, stridePlacement: 'caffe' } as const;
const X101 = { depth: 101, groups: 32, groupWidth: 4 } as const;

const R101 = { depth: 101 } as const;
/** Those of torchvision's first version were trained without an epsilon. */
const WITHOUT_EPSILON = { depth: 50, batchNormEpsilon: 0 } as const;
const FIRST = { preset: 'torchvision', backbone: WITHOUT_EPSILON } as const;
const SECOND = { preset: 'torchvision-v2', backbone: R50 } as const;
const CASCADE = { cascade: true } as const;

export const DETECTION_ZOO: readonly ZooRow<DetectionModel>[] = [
  torchvision('fasterrcnn-resnet50-fpn', { ...FIRST, AP: 37 }, '258fb6c6', 159.743),
  torchvision('fasterrcnn-resnet50-fpn-v2', { ...SECOND, AP: 46.7 }, 'dd69338a', 167.104),
  torchvision('maskrcnn-resnet50-fpn', { ...FIRST, AP: 37.9, maskAP: 34.6 }, 'bf2d0c1e', 169.84),
  torchvision('maskrcnn-resnet50-fpn-v2', { ...SECOND, AP: 47.4, maskAP: 41.8 }, '73cbd019', 177.219),
  mmdetection('faster-rcnn-r50-fpn-1x', '20200130-047c8118', { AP: 37.4, backbone: R50 }),
  mmdetection('faster-rcnn-r50-fpn-2x', 'bbox_mAP-0.384_20200504_210434-a5d8aa15', { AP: 38.4, backbone: R50 }),
  mmdetection('faster-rcnn-r50-caffe-fpn-1x', 'bbox_mAP-0.378_20200504_180032-c5925ee5', {
    AP: 37.8,
    backbone: CAFFE_R50,
  }),
  mmdetection('faster-rcnn-r101-fpn-1x', '20200130-f513f705', { AP: 39.4, backbone: R101 }),
  mmdetection('faster-rcnn-x101-32x4d-fpn-1x', '20200203-cff10310', { AP: 41.2, backbone: X101 }),
  mmdetection('mask-rcnn-r50-fpn-1x', '20200205-d4b0c5d6', { AP: 38.2, maskAP: 34.7, backbone: R50 }),
  mmdetection('mask-rcnn-r101-fpn-1x', '20200204-1efe0ed5', { AP: 40.0, maskAP: 36.1, backbone: R101 }),
  mmdetection('cascade-rcnn-r50-fpn-1x', '20200316-3dc56deb', { AP: 40.3, backbone: R50, ...CASCADE }),
  mmdetection('cascade-rcnn-r101-fpn-1x', '20200317-0b6a2fbf', { AP: 42.0, backbone: R101, ...CASCADE }),
  mmdetection('cascade-mask-rcnn-r50-fpn-1x', '20200203-9d4dcb24', {
    AP: 41.2,
    maskAP: 35.9,
    backbone: R50,
    ...CASCADE,
  }),
  mmdetection('cascade-mask-rcnn-r101-fpn-1x', '20200203-befdf6ee', {
    AP: 42.9,
    maskAP: 37.3,
    backbone: R101,
    ...CASCADE,
  }),
  detectron2('faster-rcnn-r50-fpn-1x', 'COCO-Detection/faster_rcnn_R_50_FPN_1x/137257794/model_final_b275ba.pkl', 50, {
    AP: 37.9,
  }),
  detectron2('faster-rcnn-r50-fpn-3x', 'COCO-Detection/faster_rcnn_R_50_FPN_3x/137849458/model_final_280758.pkl', 50, {
    AP: 40.2,
  }),
  detectron2(
    'faster-rcnn-r101-fpn-3x',
    'COCO-Detection/faster_rcnn_R_101_FPN_3x/137851257/model_final_f6e8b1.pkl',
    101,
    { AP: 42.0 },
  ),
  detectron2(
    'mask-rcnn-r50-fpn-1x',
    'COCO-InstanceSegmentation/mask_rcnn_R_50_FPN_1x/137260431/model_final_a54504.pkl',
    50,
    {
      AP: 38.6,
      maskAP: 35.2,
    },
  ),
  inception('faster-rcnn', 50, { AP: 38.9 }),
  inception('faster-rcnn', 101, { AP: 41.9 }),
  inception('cascade-rcnn', 50, { AP: 42.4 }),
  inception('cascade-rcnn', 101, { AP: 45.0 }),
  inception('mask-rcnn', 50, { AP: 40.0, maskAP: 35.9 }),
  inception('mask-rcnn', 101, { AP: 42.6, maskAP: 37.9 }),
  inception('cascade-mask-rcnn', 50, { AP: 43.4, maskAP: 36.8 }),
  inception('cascade-mask-rcnn', 101, { AP: 45.7, maskAP: 38.7 }),
];
