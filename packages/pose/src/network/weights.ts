/** Names and shapes of a pose network's weights, and random ones to begin with. */
import { checkWeightBudget, initResNet, resnetShapes, type StateDict } from '@icconv/models';
import type { Tensor } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type { PoseConfig } from '../config/pose-config';
import { BACKBONE_PREFIX, headShapes } from './layers';

/** All weights in forward order: what a checkpoint must hold. Filters [K, K, in, out], transposed ones [K, K, out, in]. */
export function poseShapes(config: PoseConfig): Readonly<Record<string, readonly number[]>> {
  return checkWeightBudget('poseShapes', { ...prefixed(resnetShapes(config.backbone)), ...headShapes(config) });
}

/** Deviation of the head's filters; mmpose's. */
const DEVIATION = 0.001;

/**
 * Random weights, as mmpose begins: filters of the head from a normal distribution of deviation 0.001, norms 1, biases 0.
 * The caller disposes the tensors.
 *
 * @param options.seed - whole number; the same seed gives the same weights.
 */
export function initPose(config: PoseConfig, { seed }: { readonly seed: number }): Record<string, Tensor> {
  poseShapes(config);
  const weights: Record<string, Tensor> = prefixed(initResNet(config.backbone, { seed }));
  let own = seed + 1;
  for (const [name, shape] of Object.entries(headShapes(config))) {
    const size = [...shape];
    if (size.length > 1) weights[name] = tf.randomNormal(size, 0, DEVIATION, 'float32', own++);
    else weights[name] = /(?:\.weight|running_var)$/.test(name) ? tf.ones(size) : tf.zeros(size);
  }
  return weights;
}

/** The backbone's weights by their names without the prefix. */
export function backboneOf(weights: StateDict): StateDict {
  const inside = Object.entries(weights).filter(([name]) => name.startsWith(BACKBONE_PREFIX));
  return Object.fromEntries(inside.map(([name, tensor]) => [name.slice(BACKBONE_PREFIX.length), tensor]));
}

function prefixed<T>(entries: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(entries).map(([name, value]) => [BACKBONE_PREFIX + name, value]));
}
