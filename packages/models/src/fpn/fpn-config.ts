/**
 * Feature pyramids: Lin et al., "Feature Pyramid Networks for Object Detection", arXiv 1612.03144.
 *
 * The pyramids of torchvision, mmdetection and detectron2 compute the same; they differ in the names of their weights (`fpnNames`) and
 * in what they may put on top (`extra`). detectron2 doubles maps where the others enlarge them to the size of the next; its images are
 * padded to multiples of 32, where that is the same.
 */
import { InvalidArgumentError } from '@icconv/tensor-ops';
import type { ResNetConfig } from '../config/resnet-config';
import { type ConvSpec, plainConv } from '../network/plan';
import { resnetFeatures } from '../resnet/features';

/** Levels above P5. */
export type FpnExtra =
  /** None. */
  | { readonly kind: 'none' }
  /** P6: every second pixel of P5. What Faster R-CNN has in all three libraries. */
  | { readonly kind: 'pool' }
  /** P6, P7, ...: 3x3 convolutions of stride 2, one on the other, as RetinaNet has. */
  | {
      readonly kind: 'conv';
      /**
       * Input of the first: `c5` (torchvision and detectron2 by default; mmdetection `on_input`), `lateral` (`on_lateral`) or `p5`
       * (`on_output`).
       */
      readonly source: 'c5' | 'lateral' | 'p5';
      /** How many levels; 2. */
      readonly levels?: number;
      /** ReLU before the second and further ones (not in mmdetection by default); true. */
      readonly relu?: boolean;
    };

export interface FpnConfig {
  /** Channels of the features that go in, the last of them C5: four for C2 to C5, three for C3 to C5. */
  readonly inChannels: readonly number[];
  /** Channels of every level; 256. */
  readonly channels?: number;
  /** `{ kind: 'pool' }`. */
  readonly extra?: FpnExtra;
  /** `batch`: a batch norm in place of each bias, as torchvision's `fasterrcnn_resnet50_fpn_v2`; `none`. */
  readonly norm?: 'none' | 'batch';
}

/** The pyramid on a ResNet's features, C2 to C5 or from `first` on. */
export function fpnConfig(
  backbone: ResNetConfig,
  rest: Omit<FpnConfig, 'inChannels'> & { readonly first?: 'c2' | 'c3' | 'c4' } = {},
): FpnConfig {
  const { first = 'c2', ...own } = rest;
  const features = Object.entries(resnetFeatures(backbone)).filter(([name]) => name >= first);
  return { ...own, inChannels: features.map(([, { channels }]) => channels) };
}

/** What a pyramid consists of; weights have torchvision's names. */
export interface FpnPlan {
  /** Number of the first level: 2 for P2. */
  readonly first: number;
  /** 1x1 convolutions to the pyramid's channels, by level. */
  readonly inner: readonly ConvSpec[];
  /** 3x3 convolutions of the results, by level. */
  readonly outer: readonly ConvSpec[];
  readonly pool: boolean;
  readonly extra: readonly ConvSpec[];
  readonly source: 'c5' | 'lateral' | 'p5';
  readonly reluBetween: boolean;
}

const wrong = (parameter: string, value: unknown, expected: string) =>
  new InvalidArgumentError('FpnConfig', parameter, value, expected);

function checkCount(parameter: string, value: number): number {
  if (!Number.isSafeInteger(value) || value < 1) throw wrong(parameter, value, 'a positive whole number');
  return value;
}

/** @throws {@link InvalidArgumentError} */
export function resolveFpn(config: FpnConfig): FpnPlan {
  const { inChannels, norm = 'none', extra = { kind: 'pool' } } = config;
  if (!Array.isArray(inChannels) || inChannels.length < 1 || inChannels.length > 4) {
    throw wrong('inChannels', inChannels, 'the channels of one to four features, the last of them C5');
  }
  inChannels.forEach((channels, i) => void checkCount(`inChannels[${i}]`, channels));
  const channels = checkCount('channels', config.channels ?? 256);
  if (norm !== 'none' && norm !== 'batch') throw wrong('norm', norm, '"none" or "batch"');
  const spec = (name: string, size: number, from: number, stride = 1): ConvSpec => {
    const common = { size, stride, inChannels: from, outChannels: channels };
    if (stride > 1) return plainConv({ ...common, name });
    return plainConv({ ...common, name: `${name}.0`, ...(norm === 'batch' && { norm: `${name}.1` }) });
  };
  const levels = extra.kind === 'conv' ? checkCount('extra.levels', extra.levels ?? 2) : 0;
  const source = extra.kind === 'conv' ? extra.source : 'p5';
  if (!['none', 'pool', 'conv'].includes(extra.kind)) throw wrong('extra.kind', extra.kind, '"none", "pool" or "conv"');
  if (!['c5', 'lateral', 'p5'].includes(source)) throw wrong('extra.source', source, '"c5", "lateral" or "p5"');
  const top = source === 'c5' ? inChannels.at(-1)! : channels;
  return {
    first: 6 - inChannels.length,
    inner: inChannels.map((from, i) => spec(`inner_blocks.${i}`, 1, from)),
    outer: inChannels.map((_, i) => spec(`layer_blocks.${i}`, 3, channels)),
    pool: extra.kind === 'pool',
    extra: Array.from({ length: levels }, (_, i) => spec(`extra_blocks.p${6 + i}`, 3, i === 0 ? top : channels, 2)),
    source,
    reluBetween: extra.kind === 'conv' ? (extra.relu ?? true) : false,
  };
}
