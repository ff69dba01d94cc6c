/**
 * Arithmetic of boxes, vectorised. Letters: N, M boxes. Boxes are float32 [.., 4], corners x1 y1 x2 y2 in pixels, x2 >= x1, and the
 * width is x2 - x1 (no extra pixel).
 */
import type { Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';

/** Columns x1, y1, x2, y2 of [.., 4], each [.., 1]. */
export function corners<T extends Tensor>(boxes: T): [T, T, T, T] {
  return tf.split(boxes, 4, -1) as [T, T, T, T];
}

/** Areas, float32 [N]. */
export function boxArea(boxes: Tensor2D): Tensor1D {
  return tf.tidy(() => {
    const [x1, y1, x2, y2] = corners(boxes);
    return tf.squeeze(tf.mul(tf.sub(x2, x1), tf.sub(y2, y1)), [1]);
  });
}

/** Intersection over union of all pairs, float32 [N, M] in [0, 1]; two empty boxes give 0. */
export function pairwiseIou(a: Tensor2D, b: Tensor2D): Tensor2D {
  return tf.tidy(() => {
    const [ax1, ay1, ax2, ay2] = corners(a);
    const [bx1, by1, bx2, by2] = corners(b).map((column) => tf.transpose(column)) as [
      Tensor2D,
      Tensor2D,
      Tensor2D,
      Tensor2D,
    ];
    const width = tf.relu(tf.sub(tf.minimum(ax2, bx2), tf.maximum(ax1, bx1)));
    const height = tf.relu(tf.sub(tf.minimum(ay2, by2), tf.maximum(ay1, by1)));
    const intersection = tf.mul(width, height);
    const union = tf.sub(tf.add(tf.expandDims(boxArea(a), 1), tf.expandDims(boxArea(b), 0)), intersection);
    return tf.divNoNan(intersection, union) as Tensor2D;
  });
}

/** Boxes cut at an image of the given size, [N, 4]. */
export function clipBoxes(boxes: Tensor2D, height: number, width: number): Tensor2D {
  return tf.tidy(() => tf.maximum(0, tf.minimum(boxes, tf.tensor2d([[width, height, width, height]]))) as Tensor2D);
}
