/** Names and shapes of a pose network's weights, and random ones to begin with. */
import {
  checkWeightBudget,
  headShapes,
  initHead,
  initResNet,
  prefixed,
  resnetShapes,
  type StateDict,
  under,
} from '@icconv/models';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { PoseConfig } from '../config/pose-config';
import { BACKBONE_PREFIX, poseHead } from './layers';

/** All weights in forward order: what a checkpoint must hold. Filters [K, K, in, out], transposed ones [K, K, out, in]. */
export function poseShapes(config: PoseConfig): Readonly<Record<string, readonly number[]>> {
  return checkWeightBudget('poseShapes', {
    ...prefixed(BACKBONE_PREFIX, resnetShapes(config.backbone)),
    ...headShapes(poseHead(config)),
  });
}

/**
 * Random weights, as mmpose begins: filters of the head from a normal distribution of deviation 0.001, norms 1, biases 0.
 * The same `seed`, a whole number, gives the same weights. The caller disposes the tensors.
 */
export function initPose(config: PoseConfig, { seed }: { readonly seed: number }): Record<string, Tensor> {
  poseShapes(config);
  return {
    ...prefixed(BACKBONE_PREFIX, initResNet(config.backbone, { seed })),
    ...initHead(poseHead(config), (_, layer) => seed + 1 + layer),
  };
}

/** The backbone's weights by their names without the prefix. */
export const backboneOf = (weights: StateDict): StateDict => under(weights, BACKBONE_PREFIX);
