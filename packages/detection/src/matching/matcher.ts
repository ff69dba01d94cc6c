/**
 * Matcher: gives each anchor or proposal the ground-truth box it overlaps most, or names it background or neither.
 *
 * Letters: G ground-truth boxes, N candidates. Source: torchvision's `Matcher`, which is Detectron's.
 */
import type { Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';

export interface MatcherConfig {
  /** At this IoU and above a candidate is foreground. */
  readonly foreground: number;
  /** Below this IoU it is background; between the two it is left out of the losses. */
  readonly background: number;
  /** Also give each ground-truth box its best candidates, ties included, however little they overlap. */
  readonly allowLowQuality: boolean;
}

/** Index of a candidate that is background, and of one that counts as neither. */
export const BACKGROUND = -1;
export const BETWEEN = -2;

/**
 * @param iou - float32 [G, N]; G of 0 makes everything background.
 * @returns int32 [N]: index of the ground-truth box, or {@link BACKGROUND} or {@link BETWEEN}. The caller disposes it.
 */
export function matchBoxes(iou: Tensor2D, config: MatcherConfig): Tensor1D {
  const [groundTruths, candidates] = iou.shape;
  if (groundTruths === 0) return tf.fill([candidates], BACKGROUND, 'int32') as Tensor1D;
  return tf.tidy(() => {
    const best = tf.max(iou, 0);
    const index = tf.argMax(iou, 0) as Tensor1D;
    const outside = tf.where(
      tf.less(best, config.background),
      tf.fill([candidates], BACKGROUND, 'int32'),
      tf.fill([candidates], BETWEEN, 'int32'),
    );
    let foreground = tf.greaterEqual(best, config.foreground);
    if (config.allowLowQuality) {
      const bestOfTruth = tf.max(iou, 1, true);
      foreground = tf.logicalOr(foreground, tf.any(tf.equal(iou, bestOfTruth), 0));
    }
    return tf.where(foreground, index, outside) as Tensor1D;
  });
}
