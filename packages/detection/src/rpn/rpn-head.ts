/**
 * The region proposal network's head: one or more 3x3 convolutions with ReLU, then objectness and deltas by 1x1 convolutions, shared
 * by all levels. Source: Ren et al., "Faster R-CNN", NIPS 2015, section 3.1.
 */

import type { StateDict } from '@icconv/models';
import { conv2d } from '@icconv/tensor-ops';
import type { Tensor1D, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';

/** Names of the head's layers in a state dict, without `.weight` and `.bias`. */
export interface RpnHeadNames {
  readonly convs: readonly string[];
  readonly logits: string;
  readonly deltas: string;
}

export interface RpnOutput {
  /** For each level float32 [N, H W A]. */
  readonly logits: Tensor2D[];
  /** For each level float32 [N, H W A, 4]. */
  readonly deltas: tf.Tensor3D[];
}

/** @param features - one float32 map [N, H, W, C] a level. */
export function rpnHead(weights: StateDict, features: readonly Tensor4D[], names: RpnHeadNames): RpnOutput {
  const logits: Tensor2D[] = [];
  const deltas: tf.Tensor3D[] = [];
  for (const map of features) {
    const hidden = names.convs.reduce((x, name) => convolve(weights, x, name, 'relu'), map);
    const batch = map.shape[0];
    logits.push(tf.reshape(convolve(weights, hidden, names.logits), [batch, -1]));
    deltas.push(tf.reshape(convolve(weights, hidden, names.deltas), [batch, -1, 4]));
  }
  return { logits, deltas };
}

function convolve(weights: StateDict, x: Tensor4D, name: string, activation?: 'relu'): Tensor4D {
  const filter = weights[`${name}.weight`] as Tensor4D;
  const bias = weights[`${name}.bias`] as Tensor1D;
  const pad = (filter.shape[0] - 1) / 2;
  return conv2d(x, filter, { bias, pad, ...(activation && { activation }) });
}
