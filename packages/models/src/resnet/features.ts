import { dilationRuns } from '@icconv/inception-conv';
import type { ResNetConfig } from '../config/resnet-config';
import { convShapes } from '../layers/conv-layer';
import { planConvs } from '../network/plan';
import { resolveResNet } from '../network/resolve';
import { FEATURES } from '../network/walk';
import { checkWeightBudget } from '../network/weight-budget';
import type { ResNetFeature } from './resnet';

/** What the layer behind a feature needs to know of it. */
export interface FeatureSpec {
  readonly channels: number;
  /** Pixels of the image for one of the feature, on each axis. */
  readonly stride: number;
}

/** Channels and strides of C2 to C5. @throws {@link InvalidArgumentError} */
export function resnetFeatures(config: ResNetConfig): Readonly<Record<ResNetFeature, FeatureSpec>> {
  const { stages } = resolveResNet(config);
  const entries = FEATURES.map((name, i) => [name, { channels: stages[i]!.channels, stride: stages[i]!.stride }]);
  return Object.fromEntries(entries);
}

/** Names and shapes of all weights, in forward order: what a weight file must hold. @throws {@link InvalidArgumentError} */
export function resnetShapes(config: ResNetConfig): Readonly<Record<string, readonly number[]>> {
  const plan = resolveResNet(config);
  const shapes = convShapes(planConvs(plan));
  if (plan.head !== undefined) {
    const { name, inChannels, classes } = plan.head;
    shapes[`${name}.weight`] = [inChannels, classes];
    shapes[`${name}.bias`] = [classes];
  }
  return checkWeightBudget('ResNetConfig', shapes);
}

/** True for weights that an optimizer must not touch: the running statistics of batch norms. */
export const isStatistic = (name: string): boolean => /\.running_(mean|var)$/.test(name);

/** An inception layer: a pattern's n-th entry belongs to the n-th of them. */
export interface InceptionLayer {
  /** Name of the filter without `.weight`. */
  readonly name: string;
  readonly channels: number;
  readonly groups: number;
}

/** The inception layers in forward order, which is the order of a pattern's layers. @throws {@link InvalidArgumentError} */
export function inceptionLayers(config: ResNetConfig): InceptionLayer[] {
  return planConvs(resolveResNet(config))
    .filter((spec) => spec.kind === 'inception')
    .map(({ name, outChannels, groups }) => ({ name, channels: outChannels, groups }));
}

/**
 * Filters of each branch of the inception layers, by layer name: what the conversion of the official checkpoints asks for, whose
 * layers hold a tensor for each dilation. A branch is a run of channels of equal dilation.
 *
 * @throws {@link InvalidArgumentError}
 */
export function inceptionCounts(config: ResNetConfig): Record<string, number[]> {
  const counts: Record<string, number[]> = {};
  for (const { name, dilations, kind, outChannels } of planConvs(resolveResNet(config))) {
    if (kind !== 'inception') continue;
    const share = outChannels / dilations!.length;
    counts[name] = dilationRuns(dilations!).map((channels) => channels * share);
  }
  return counts;
}
