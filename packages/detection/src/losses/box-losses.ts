/** Losses on boxes and classes. All give a scalar and have gradients. */
import type { Scalar, Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { corners } from '../boxes/box-ops';

/** A loss of 0 whose gradient for `x` is 0, where a constant would have none: for a batch without anything to compare. */
export function nothing(x: Tensor): Scalar {
  return tf.tidy(() => tf.mul(tf.sum(x), 0) as Scalar);
}

/**
 * Smooth L1, summed: 0.5 d^2 / beta where |d| < beta, else |d| - beta / 2; beta of 0 is plain L1.
 * @param predicted - float32 [N, 4]. @param target - as `predicted`.
 */
export function smoothL1Sum(predicted: Tensor2D, target: Tensor2D, beta: number): Scalar {
  return tf.tidy(() => {
    const distance = tf.abs(tf.sub(predicted, target));
    if (beta === 0) return tf.sum(distance) as Scalar;
    // As 0.5 a^2 / beta + (|d| - a) with a = min(|d|, beta): a comparison would have no gradient in TensorFlow.js.
    const near = tf.minimum(distance, beta);
    return tf.sum(tf.add(tf.mul(tf.square(near), 0.5 / beta), tf.sub(distance, near))) as Scalar;
  });
}

/**
 * Generalised IoU loss, summed: 1 - IoU + (hull - union) / hull.
 * Source: Rezatofighi et al., "Generalized Intersection over Union", CVPR 2019.
 * @param predicted - float32 [N, 4], x1 y1 x2 y2. @param target - as `predicted`, of positive size.
 */
export function giouSum(predicted: Tensor2D, target: Tensor2D): Scalar {
  return tf.tidy(() => {
    const [px1, py1, px2, py2] = corners(predicted);
    const [tx1, ty1, tx2, ty2] = corners(target);
    const overlap = tf.mul(
      tf.relu(tf.sub(tf.minimum(px2, tx2), tf.maximum(px1, tx1))),
      tf.relu(tf.sub(tf.minimum(py2, ty2), tf.maximum(py1, ty1))),
    );
    const area = (x1: Tensor2D, y1: Tensor2D, x2: Tensor2D, y2: Tensor2D) => tf.mul(tf.sub(x2, x1), tf.sub(y2, y1));
    const union = tf.sub(tf.add(area(px1, py1, px2, py2), area(tx1, ty1, tx2, ty2)), overlap);
    const hull = area(tf.minimum(px1, tx1), tf.minimum(py1, ty1), tf.maximum(px2, tx2), tf.maximum(py2, ty2));
    // As in the reference code: keeps a collapsed prediction from dividing by 0.
    const tiny = 1e-7;
    const giou = tf.sub(tf.div(overlap, tf.add(union, tiny)), tf.div(tf.sub(hull, union), tf.add(hull, tiny)));
    return tf.sum(tf.sub(1, giou)) as Scalar;
  });
}

/**
 * Binary cross-entropy with logits, averaged; 0 for no samples.
 * @param logits - float32 [N]. @param targets - float32 [N], 0 or 1.
 */
export function binaryCrossEntropyMean(logits: Tensor1D, targets: Tensor1D): Scalar {
  if (logits.size === 0) return tf.scalar(0);
  return tf.tidy(() => {
    // log(1 + exp(-|x|)) + max(x, 0) - x t never overflows.
    const soft = tf.log1p(tf.exp(tf.neg(tf.abs(logits))));
    return tf.mean(tf.add(tf.sub(tf.relu(logits), tf.mul(logits, targets)), soft)) as Scalar;
  });
}

/**
 * Cross-entropy of class logits, averaged; 0 for no samples.
 * @param logits - float32 [N, K]. @param labels - int32 [N] in [0, K).
 */
export function crossEntropyMean(logits: Tensor2D, labels: Tensor1D): Scalar {
  const [samples, classes] = logits.shape;
  if (samples === 0) return tf.scalar(0);
  return tf.tidy(() => {
    const chosen = tf.oneHot(labels, classes);
    return tf.neg(tf.div(tf.sum(tf.mul(tf.logSoftmax(logits), chosen)), samples)) as Scalar;
  });
}
