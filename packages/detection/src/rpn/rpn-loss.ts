/**
 * Losses of the region proposal network: objectness of sampled anchors, and deltas of those that are foreground.
 *
 * Letters: N images, T anchors of all levels, G ground-truth boxes. Source: Ren et al., "Faster R-CNN", equation 1.
 */
import type { Scalar, Tensor1D, Tensor2D, Tensor3D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { encodeBoxes } from '../boxes/box-coder';
import { pairwiseIou } from '../boxes/box-ops';
import { binaryCrossEntropyMean, nothing, smoothL1Sum } from '../losses/box-losses';
import { type MatcherConfig, matchBoxes } from '../matching/matcher';
import { type Draw, type SamplerConfig, sampleBalanced } from '../matching/sampler';
import { RPN_CODER_WEIGHTS } from './proposals';

export interface RpnLossConfig {
  readonly matcher: MatcherConfig;
  readonly sampler: SamplerConfig;
  /** Where smooth L1 turns from quadratic to linear; 0 for plain L1. */
  readonly smoothL1Beta: number;
}

/**
 * @param logits - float32 [N, T]. @param deltas - float32 [N, T, 4].
 * @param anchors - float32 [T, 4].
 * @param truths - boxes of each image, float32 [G, 4], x1 y1 x2 y2 in pixels of the network's input; G may be 0.
 * @param draw - chance of the sampler.
 * @returns two scalars, differentiable for `logits` and `deltas`. Each is finite, also without any ground truth.
 */
export function rpnLoss(
  logits: Tensor2D,
  deltas: Tensor3D,
  anchors: Tensor2D,
  truths: readonly Tensor2D[],
  config: RpnLossConfig,
  draw: Draw,
): { readonly objectness: Scalar; readonly box: Scalar } {
  return tf.tidy(() => {
    const total = anchors.shape[0];
    const sampled: number[] = [];
    const targets: number[] = [];
    const foreground: number[] = [];
    const deltaTargets: Tensor2D[] = [];
    truths.forEach((boxes, image) => {
      const matches = matchBoxes(pairwiseIou(boxes, anchors), config.matcher).dataSync();
      const sample = sampleBalanced(matches, config.sampler, draw);
      for (const index of sample.foreground) {
        sampled.push(image * total + index);
        targets.push(1);
        foreground.push(image * total + index);
      }
      for (const index of sample.background) {
        sampled.push(image * total + index);
        targets.push(0);
      }
      if (sample.foreground.length > 0) {
        const matched = tf.tensor1d(
          sample.foreground.map((index) => matches[index]!),
          'int32',
        );
        const references = tf.gather(anchors, tf.tensor1d(sample.foreground, 'int32'));
        deltaTargets.push(encodeBoxes(tf.gather(boxes, matched), references, RPN_CODER_WEIGHTS));
      }
    });
    const flatLogits = tf.reshape(logits, [-1]) as Tensor1D;
    const objectness = binaryCrossEntropyMean(
      tf.gather(flatLogits, tf.tensor1d(sampled, 'int32')),
      tf.tensor1d(targets),
    );
    if (foreground.length === 0) return { objectness, box: nothing(deltas) };
    const predicted = tf.gather(tf.reshape(deltas, [-1, 4]) as Tensor2D, tf.tensor1d(foreground, 'int32'));
    const box = smoothL1Sum(predicted, tf.concat(deltaTargets) as Tensor2D, config.smoothL1Beta);
    return { objectness, box: tf.div(box, sampled.length) as Scalar };
  });
}
