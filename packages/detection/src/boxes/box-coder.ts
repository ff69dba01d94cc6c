/**
 * Box coder: deltas (dx, dy, dw, dh) that move a reference box (an anchor or a proposal) onto a target.
 *
 *     dx = wx (cx' - cx) / w      dw = ww log(w' / w)      (likewise y, h)
 *
 * Source: Girshick et al., "Rich feature hierarchies", CVPR 2014, appendix C; weights as in Fast R-CNN's code.
 */
import type { Tensor2D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { corners } from './box-ops';

/** The factors (wx, wy, ww, wh). */
export type BoxCoderWeights = readonly [number, number, number, number];

/**
 * A decoded side is at most 1000/16 times the reference's: 1000 pixels, a usual image, over 16 pixels, the stride of the first
 * detectors. Keeps exp() finite while training starts.
 */
export const LOG_SCALE_LIMIT = Math.log(1000 / 16);

/**
 * @param boxes - targets, float32 [N, 4], x1 y1 x2 y2, of positive size.
 * @param references - float32 [N, 4], of positive size.
 * @returns deltas, float32 [N, 4].
 */
export function encodeBoxes(boxes: Tensor2D, references: Tensor2D, weights: BoxCoderWeights): Tensor2D {
  return tf.tidy(() => {
    const target = centers(boxes);
    const reference = centers(references);
    const [wx, wy, ww, wh] = weights;
    return tf.concat(
      [
        tf.mul(tf.div(tf.sub(target.x, reference.x), reference.width), wx),
        tf.mul(tf.div(tf.sub(target.y, reference.y), reference.height), wy),
        tf.mul(tf.log(tf.div(target.width, reference.width)), ww),
        tf.mul(tf.log(tf.div(target.height, reference.height)), wh),
      ],
      1,
    ) as Tensor2D;
  });
}

/**
 * @param deltas - float32 [N, 4].
 * @param references - float32 [N, 4].
 * @returns boxes, float32 [N, 4], x1 y1 x2 y2, not cut at the image.
 */
export function decodeBoxes(deltas: Tensor2D, references: Tensor2D, weights: BoxCoderWeights): Tensor2D {
  return tf.tidy(() => {
    const reference = centers(references);
    const [dx, dy, dw, dh] = corners(tf.div(deltas, tf.tensor2d([[...weights]])) as Tensor2D);
    const x = tf.add(tf.mul(dx, reference.width), reference.x);
    const y = tf.add(tf.mul(dy, reference.height), reference.y);
    const halfWidth = tf.mul(tf.mul(tf.exp(tf.minimum(dw, LOG_SCALE_LIMIT)), reference.width), 0.5);
    const halfHeight = tf.mul(tf.mul(tf.exp(tf.minimum(dh, LOG_SCALE_LIMIT)), reference.height), 0.5);
    return tf.concat(
      [tf.sub(x, halfWidth), tf.sub(y, halfHeight), tf.add(x, halfWidth), tf.add(y, halfHeight)],
      1,
    ) as Tensor2D;
  });
}

/** Center and size, each [N, 1]. */
function centers(boxes: Tensor2D) {
  const [x1, y1, x2, y2] = corners(boxes);
  const width = tf.sub(x2, x1);
  const height = tf.sub(y2, y1);
  return { x: tf.add(x1, tf.mul(width, 0.5)), y: tf.add(y1, tf.mul(height, 0.5)), width, height };
}
