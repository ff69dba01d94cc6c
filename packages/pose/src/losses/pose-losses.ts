/**
 * Losses of bottom-up pose estimation. Letters: N pictures, P people, K kinds of keypoint, t tags.
 *
 *     heatmap = mean over pixels, keypoints and pictures of mask * (h - h*)^2
 *     pull    = mean over pictures of mean over people of mean over their keypoints of |t - t_person|^2
 *     push    = mean over pictures of 1 / (2 P (P - 1)) * sum over pairs of people of exp(-|t_a - t_b|^2)
 *
 * Sources: Newell, Huang, Deng, "Associative Embedding", NeurIPS 2017, section 3.3; open-mmlab/mmpose 0.29,
 * models/losses/multi_loss_factory.py.
 */
import type { Scalar, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type { PoseLossConfig } from '../config/pose-config';
import type { BatchTargets, TagTargets } from '../targets/batch-targets';

/** Each times its factor. All are finite, also for pictures without people. */
export interface PoseLosses {
  readonly heatmap: Scalar;
  readonly push: Scalar;
  readonly pull: Scalar;
}

/**
 * Differentiable for the outputs.
 *
 * @param outputs - as `poseNetwork` gives them. @param keypoints - K.
 */
export function poseLosses(
  outputs: readonly Tensor4D[],
  targets: BatchTargets,
  keypoints: number,
  factors: PoseLossConfig,
): PoseLosses {
  return tf.tidy((() => {
    const heatmaps = outputs.map((output, i) => heatmapLoss(channels(output, 0, keypoints), targets.outputs[i]!));
    const tagMaps = channels(outputs[0]!, keypoints, -1);
    const { push, pull } = tagLosses(tagMaps, targets.tags);
    return {
      heatmap: tf.mul(tf.addN(heatmaps), factors.heatmap),
      push: tf.mul(push, factors.push),
      pull: tf.mul(pull, factors.pull),
    };
  }) as () => never) as unknown as PoseLosses;
}

function channels(maps: Tensor4D, from: number, count: number): Tensor4D {
  return tf.slice(maps, [0, 0, 0, from], [-1, -1, -1, count]);
}

function heatmapLoss(heatmaps: Tensor4D, target: BatchTargets['outputs'][number]): Scalar {
  return tf.mean(tf.mul(tf.squaredDifference(heatmaps, target.heatmaps), target.mask));
}

function tagLosses(
  maps: Tensor4D,
  { places, origins, person, means, pull, push }: TagTargets,
): { push: Scalar; pull: Scalar } {
  // Nobody to tell apart: zero, and a zero gradient.
  if (places.shape[0] === 0) return { push: tf.mul(tf.sum(maps), 0), pull: tf.mul(tf.sum(maps), 0) };
  const tags = tf.add(tf.gather(tf.reshape(maps, [-1, origins.shape[1]]), places), origins) as Tensor2D;
  const centres = tf.matMul(means, tags);
  const own = tf.gather(centres, person);
  const difference = tf.sub(tf.expandDims(centres, 0), tf.expandDims(centres, 1));
  return {
    pull: tf.sum(tf.mul(tf.sum(tf.squaredDifference(tags, own), 1), pull)),
    push: tf.sum(tf.mul(tf.exp(tf.neg(tf.sum(tf.square(difference), 2))), push)),
  };
}
