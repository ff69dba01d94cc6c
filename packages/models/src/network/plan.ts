/** What a network consists of, spelled out: every convolution with its names, sizes and kind. */

import type { Dilation } from '@icconv/inception-conv';
import type { Pair } from '@icconv/tensor-ops';

/** A convolution, with the batch norm behind it or a bias. Filter [K, K, inChannels/groups, outChannels]. */
export interface ConvSpec {
  /** Name of the filter without `.weight`, such as `layer1.0.conv2`. */
  readonly name: string;
  /** Name of the batch norm, such as `layer1.0.bn2`; without one there is a bias, `<name>.bias`. */
  readonly norm?: string;
  /** Added to the variance in that batch norm. */
  readonly epsilon?: number;
  readonly kind: 'plain' | 'inception' | 'super';
  /** Side K of the kernel. */
  readonly size: number;
  /** Side of the kernel in the plain network, which differs where a super-kernel stands. */
  readonly plainSize: number;
  readonly stride: number;
  readonly groups: number;
  readonly inChannels: number;
  readonly outChannels: number;
  /** Of each output channel or group; only where kind is `inception`. */
  readonly dilations?: readonly Dilation[];
}

/** A residual block: its convolutions in order, and the projection of the shortcut if it has one. */
export interface BlockSpec {
  readonly name: string;
  readonly convs: readonly ConvSpec[];
  readonly downsample?: ConvSpec;
}

export interface StageSpec {
  /** `layer1` to `layer4`. */
  readonly name: string;
  readonly blocks: readonly BlockSpec[];
  /** Channels of its output. */
  readonly channels: number;
  /** Pixels of the image for one of its output. */
  readonly stride: number;
}

/** Global average and a linear layer; weight [inChannels, classes]. */
export interface HeadSpec {
  readonly name: string;
  readonly inChannels: number;
  readonly classes: number;
}

export interface ResNetPlan {
  readonly stem: ConvSpec;
  readonly stages: readonly [StageSpec, StageSpec, StageSpec, StageSpec];
  readonly head?: HeadSpec;
}

/** A plain convolution without groups. */
export function plainConv({
  stride = 1,
  ...spec
}: Pick<ConvSpec, 'name' | 'norm' | 'size' | 'inChannels' | 'outChannels'> & { readonly stride?: number }): ConvSpec {
  const { name, norm, size, inChannels, outChannels } = spec;
  const common = { name, kind: 'plain', size, plainSize: size, stride, groups: 1, inChannels, outChannels } as const;
  return norm === undefined ? common : { ...common, norm };
}

/** Padding (K - 1)/2 that leaves a map of ceil(H / stride) pixels. */
export const samePad = ({ size }: ConvSpec): Pair => [(size - 1) / 2, (size - 1) / 2];

/** Every convolution in forward order, a block's projection after its other convolutions. */
export function planConvs(plan: ResNetPlan): ConvSpec[] {
  const blocks = plan.stages.flatMap((stage) => stage.blocks);
  return [plan.stem, ...blocks.flatMap(({ convs, downsample }) => [...convs, ...(downsample ? [downsample] : [])])];
}

/** The same network with every convolution changed. */
export function changeConvs(plan: ResNetPlan, change: (spec: ConvSpec) => ConvSpec): ResNetPlan {
  const stages = plan.stages.map((stage) => ({
    ...stage,
    blocks: stage.blocks.map(({ convs, downsample, ...block }) => ({
      ...block,
      convs: convs.map(change),
      ...(downsample !== undefined && { downsample: change(downsample) }),
    })),
  }));
  return { ...plan, stem: change(plan.stem), stages: stages as unknown as ResNetPlan['stages'] };
}
