/**
 * The box head: pooled RoIs through convolutions (if any) and linear layers to class logits and box deltas.
 *
 * Letters: R RoIs, S x S bins, C channels, K classes without background.
 */
import { foldedNorm, type StateDict } from '@icconv/models';
import { conv2d, relu } from '@icconv/tensor-ops';
import type { Tensor1D, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type { RoiConfig } from '../config/faster-rcnn-config';

export interface BoxHeadOutput {
  /** float32 [R, K + 1]. */
  readonly logits: Tensor2D;
  /** float32 [R, 4 K] or, with deltas for the background, [R, 4 (K + 1)]. */
  readonly deltas: Tensor2D;
}

/** Names of the head's layers, without `.weight` and `.bias`: torchvision's. */
export function boxHeadNames(config: Pick<RoiConfig, 'convs' | 'linears'>) {
  const prefix = 'roi_heads.box_head';
  return {
    convs: Array.from({ length: config.convs }, (_, i) => `${prefix}.${i}`),
    // torchvision's second version numbers its layers: convolutions, a flattening, then linear layers with their ReLUs.
    linears: Array.from({ length: config.linears }, (_, i) =>
      config.convs > 0 ? `${prefix}.${config.convs + 1 + 2 * i}` : `${prefix}.fc${6 + i}`,
    ),
    logits: 'roi_heads.box_predictor.cls_score',
    deltas: 'roi_heads.box_predictor.bbox_pred',
  };
}

/** @param pooled - float32 [R, S, S, C]. R may be 0. */
export function boxHead(weights: StateDict, pooled: Tensor4D, config: RoiConfig): BoxHeadOutput {
  const names = boxHeadNames(config);
  let x = pooled;
  for (const name of names.convs) {
    const convolved = conv2d(x, weights[`${name}.0.weight`] as Tensor4D, { pad: 1 });
    x = relu(normalize(weights, `${name}.1`, convolved));
  }
  // Linear layers expect the pooled values in the order row, column, channel.
  let hidden = tf.reshape(x, [pooled.shape[0], -1]) as Tensor2D;
  for (const name of names.linears) hidden = relu(linear(weights, name, hidden));
  return { logits: linear(weights, names.logits, hidden), deltas: linear(weights, names.deltas, hidden) };
}

function linear(weights: StateDict, name: string, x: Tensor2D): Tensor2D {
  return tf.add(tf.matMul(x, weights[`${name}.weight`] as Tensor2D), weights[`${name}.bias`] as Tensor1D);
}

function normalize(weights: StateDict, name: string, x: Tensor4D): Tensor4D {
  const [scale, shift] = foldedNorm('boxHead', weights, name, x.shape[3]);
  return tf.add(tf.mul(x, scale), shift);
}
