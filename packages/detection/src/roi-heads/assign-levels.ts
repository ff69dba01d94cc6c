import type { Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { boxArea } from '../boxes/box-ops';
import type { LevelRule } from '../config/faster-rcnn-config';

/**
 * The pyramid level each box is pooled from: floor(canonicalLevel + log2(side / canonicalSize) + epsilon), side = sqrt(area).
 * Source: Lin et al., "Feature Pyramid Networks", CVPR 2017, equation 1.
 * @param boxes - float32 [R, 4], x1 y1 x2 y2. @returns int32 [R] in [0, levels).
 */
export function assignLevels(boxes: Tensor2D, rule: LevelRule): Tensor1D {
  return tf.tidy(() => {
    const side = tf.sqrt(boxArea(boxes));
    const level = tf.floor(
      tf.add(tf.div(tf.log(tf.div(side, rule.canonicalSize)), Math.LN2), rule.canonicalLevel + rule.epsilon),
    );
    return tf.cast(tf.clipByValue(level, 0, rule.levels - 1), 'int32') as Tensor1D;
  });
}
