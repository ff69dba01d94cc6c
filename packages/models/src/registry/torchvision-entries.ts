/**
 * torchvision's checkpoints.
 *
 * Source: pytorch/vision, torchvision/models/resnet.py and torchvision/models/detection/faster_rcnn.py (addresses, figures, transforms).
 */
import type { ResNetConfig } from '../config/resnet-config';
import { PREFIXES } from '../names/names';
import type { ModelEntry, Preprocessing } from './model-entry';

const HOST = 'https://download.pytorch.org/models/';
const MEBIBYTE = 2 ** 20;

export const IMAGENET_RGB = {
  channels: 'rgb',
  mean: [123.675, 116.28, 103.53],
  deviation: [58.395, 57.12, 57.375],
} as const satisfies Partial<Preprocessing>;

/** Sides of the resized picture of the two versions of weights; both are cut to 224. */
const SIDES = { v1: 256, v2: 232 } as const;

type Row = readonly [
  name: string,
  version: 'v1' | 'v2',
  file: string,
  mebibytes: number,
  top1: number,
  top5: number,
  config: ResNetConfig,
];

const NEXT50: ResNetConfig = { depth: 50, groups: 32, groupWidth: 4 };
const NEXT101: ResNetConfig = { depth: 101, groups: 32, groupWidth: 8 };
const NEXT101_64: ResNetConfig = { depth: 101, groups: 64, groupWidth: 4 };
const WIDE50: ResNetConfig = { depth: 50, groupWidth: 128 };
const WIDE101: ResNetConfig = { depth: 101, groupWidth: 128 };

const ROWS: readonly Row[] = [
  ['resnet18', 'v1', 'resnet18-f37072fd.pth', 44.661, 69.758, 89.078, { depth: 18 }],
  ['resnet34', 'v1', 'resnet34-b627a593.pth', 83.275, 73.314, 91.42, { depth: 34 }],
  ['resnet50', 'v1', 'resnet50-0676ba61.pth', 97.781, 76.13, 92.862, { depth: 50 }],
  ['resnet50', 'v2', 'resnet50-11ad3fa6.pth', 97.79, 80.858, 95.434, { depth: 50 }],
  ['resnet101', 'v1', 'resnet101-63fe2227.pth', 170.511, 77.374, 93.546, { depth: 101 }],
  ['resnet101', 'v2', 'resnet101-cd907fc2.pth', 170.53, 81.886, 95.78, { depth: 101 }],
  ['resnet152', 'v1', 'resnet152-394f9c45.pth', 230.434, 78.312, 94.046, { depth: 152 }],
  ['resnet152', 'v2', 'resnet152-f82ba261.pth', 230.474, 82.284, 96.002, { depth: 152 }],
  ['resnext50-32x4d', 'v1', 'resnext50_32x4d-7cdf4587.pth', 95.789, 77.618, 93.698, NEXT50],
  ['resnext50-32x4d', 'v2', 'resnext50_32x4d-1a0047aa.pth', 95.833, 81.198, 95.34, NEXT50],
  ['resnext101-32x8d', 'v1', 'resnext101_32x8d-8ba56ff5.pth', 339.586, 79.312, 94.526, NEXT101],
  ['resnext101-32x8d', 'v2', 'resnext101_32x8d-110c445d.pth', 339.673, 82.834, 96.228, NEXT101],
  ['resnext101-64x4d', 'v1', 'resnext101_64x4d-173b62eb.pth', 319.318, 83.246, 96.454, NEXT101_64],
  ['wide-resnet50-2', 'v1', 'wide_resnet50_2-95faca4d.pth', 131.82, 78.468, 94.086, WIDE50],
  ['wide-resnet50-2', 'v2', 'wide_resnet50_2-9ba9bcbe.pth', 263.124, 81.602, 95.758, WIDE50],
  ['wide-resnet101-2', 'v1', 'wide_resnet101_2-32ee1156.pth', 242.896, 78.848, 94.284, WIDE101],
  ['wide-resnet101-2', 'v2', 'wide_resnet101_2-d733dc28.pth', 484.747, 82.51, 96.02, WIDE101],
];

const CLASSES = 1000;

/** The name of each file ends in `-<digits>.pth`. */
export const hashInName = (file: string): string => /-([0-9a-f]{8})[._]/.exec(file)![1]!;

const classifiers = ROWS.map(([name, version, file, mebibytes, top1, top5, config]): ModelEntry => {
  // These weights were trained by the new recipe before there was a version of that name.
  const side = name === 'resnext101-64x4d' ? SIDES.v2 : SIDES[version];
  return {
    name: `torchvision/${name}-${version}`,
    task: 'classification',
    url: HOST + file,
    sha256: hashInName(file),
    bytes: Math.round(mebibytes * MEBIBYTE),
    licence: { code: 'BSD-3-Clause', trainedOn: ['ImageNet-1k'] },
    metric: { dataset: 'ImageNet-1k val', values: { top1, top5 } },
    preprocessing: { resize: 'shortest', size: side, crop: 224, ...IMAGENET_RGB },
    config: { ...config, classes: CLASSES },
    style: 'torchvision',
    prefix: '',
    head: { kind: 'classifier', classes: CLASSES },
    source: 'github.com/pytorch/vision torchvision/models/resnet.py',
  };
});

function detector(
  name: string,
  file: string,
  mebibytes: number,
  AP: number,
  preset: 'torchvision' | 'torchvision-v2',
  more: Partial<ModelEntry> = {},
): ModelEntry {
  return {
    name: `torchvision/${name}`,
    task: 'detection',
    url: HOST + file,
    sha256: hashInName(file),
    bytes: Math.round(mebibytes * MEBIBYTE),
    licence: { code: 'BSD-3-Clause', trainedOn: ['ImageNet-1k', 'COCO train2017'] },
    metric: { dataset: 'COCO val2017', values: { AP } },
    preprocessing: { resize: 'shortest', size: 800, longest: 1333, divisor: 32, ...IMAGENET_RGB },
    config: { depth: 50 },
    style: 'torchvision',
    prefix: PREFIXES.torchvision.backbone,
    head: { kind: 'faster-rcnn', preset, classes: 90 },
    source: 'github.com/pytorch/vision torchvision/models/detection/faster_rcnn.py',
    ...more,
  };
}

export const TORCHVISION_ENTRIES: readonly ModelEntry[] = [
  ...classifiers,
  detector('fasterrcnn-resnet50-fpn', 'fasterrcnn_resnet50_fpn_coco-258fb6c6.pth', 159.743, 37, 'torchvision', {
    config: { depth: 50, batchNormEpsilon: 0 },
    style: 'torchvision-v1',
  }),
  detector(
    'fasterrcnn-resnet50-fpn-v2',
    'fasterrcnn_resnet50_fpn_v2_coco-dd69338a.pth',
    167.104,
    46.7,
    'torchvision-v2',
  ),
];
