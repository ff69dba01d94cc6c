/**
 * Classifiers of ImageNet, which other networks take as their backbones.
 *
 * Source: pytorch/vision, torchvision/models/resnet.py (addresses, figures, transforms); the paper's authors' by github.com/yifan123/IC-Conv
 * README.md.
 */
import { IMAGENET_RGB, type ResNetConfig } from '@icconv/models';
import { hashInName, MEBIBYTE, type ZooRow } from '../contract/zoo-row';
import { byHand } from './by-hand';

/** How a picture becomes a classifier's input. */
export interface ClassifierInput {
  /** The shorter side in pixels after resizing. */
  readonly size: number;
  /** Side of the square that is then cut out of the middle. */
  readonly crop: number;
  /** Subtracted from and divided out of each channel, for RGB pixels in [0, 255]. */
  readonly mean: readonly [number, number, number];
  readonly deviation: readonly [number, number, number];
}

/** A classifier of ImageNet's 1000 classes: `config.backbone.classes` is left to whoever wants the classifier too. */
export type BackboneRow = ZooRow<{
  readonly config: { readonly backbone: ResNetConfig; readonly input: ClassifierInput };
}>;

const HOST = 'https://download.pytorch.org/models/';

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

const published = ROWS.map(([name, version, file, mebibytes, top1, top5, backbone]): BackboneRow => {
  // These weights were trained by the new recipe before there was a version of that name.
  const size = name === 'resnext101-64x4d' ? SIDES.v2 : SIDES[version];
  return {
    name: `torchvision/${name}-${version}`,
    model: { config: { backbone, input: { size, crop: 224, ...IMAGENET_RGB } } },
    file: { url: HOST + file, sha256: hashInName(file), bytes: Math.round(mebibytes * MEBIBYTE) },
    licence: { code: 'BSD-3-Clause', trainedOn: ['ImageNet-1k'] },
    metric: { dataset: 'ImageNet-1k val', values: { top1, top5 } },
    source: 'github.com/pytorch/vision torchvision/models/resnet.py',
  };
});

const PATTERNS = { 50: 'detection/ic-resnet50-k9', 101: 'detection/ic-resnet101-k9' } as const;

const inception = ([50, 101] as const).map((depth): BackboneRow => {
  const name = `ic-resnet${depth}-k9`;
  const pattern = PATTERNS[depth];
  return {
    name: `ic-conv/${name}`,
    model: {
      config: {
        backbone: { depth, conv: { kind: 'inception', pattern } },
        input: { size: SIDES.v1, crop: 224, ...IMAGENET_RGB },
      },
    },
    file: byHand(name, `ckpt/detection/r${depth}_imagenet_retrain/ckpt.pth.tar`, pattern),
    licence: { code: 'NOASSERTION', trainedOn: ['ImageNet-1k'] },
    metric: { dataset: 'ImageNet-1k val', values: {} },
    source: 'github.com/yifan123/IC-Conv README.md',
  };
});

export const BACKBONES: readonly BackboneRow[] = [...published, ...inception];
