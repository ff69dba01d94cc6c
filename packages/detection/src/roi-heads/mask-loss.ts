/** The loss of a mask head: how far the map of an object's class is from the object's mask in its region. */
import { cropMasks, InvalidArgumentError } from '@icconv/tensor-ops';
import type { Scalar, Tensor1D, Tensor2D, Tensor3D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type { FasterRcnnConfig, MaskConfig } from '../config/faster-rcnn-config';
import { binaryCrossEntropyMean, nothing } from '../losses/box-losses';
import type { GroundTruth, SampledProposals } from './sample-proposals';

/** The regions of one image that are foreground, float32 [F, 4]. */
export function foregroundBoxes({ boxes, foreground }: SampledProposals): Tensor2D {
  return tf.slice(boxes, [0, 0], [foreground, 4]);
}

/**
 * What the mask head should say of the foreground regions of one image, float32 [F, M, M] in [0, 1].
 *
 * @param size - height and width of the image within the padded batch.
 * @throws {@link InvalidArgumentError} for objects without masks.
 */
export function maskTargets(
  sample: SampledProposals,
  { masks, classes }: GroundTruth,
  [height, width]: readonly [number, number],
  mask: MaskConfig,
  { aligned }: FasterRcnnConfig['roi'],
): Tensor3D {
  if (masks?.length !== classes.length) {
    throw new InvalidArgumentError(
      'fasterRcnnLosses',
      'masks',
      masks?.length,
      `a mask for each of ${classes.length} boxes`,
    );
  }
  const outputSize = 2 * mask.outputSize;
  const binary = mask.convention === 'detectron2';
  return tf.tidy(() =>
    cropMasks(masks, foregroundBoxes(sample), sample.truths, { height, width, outputSize, aligned, binary }),
  );
}

/**
 * @param logits - float32 [F, M, M], of the class of each region. @param targets - as `logits`, in [0, 1].
 * @returns a scalar, differentiable for `logits`; 0 without foreground.
 */
export function maskLoss(logits: Tensor3D, targets: Tensor3D): Scalar {
  if (logits.size === 0) return nothing(logits);
  return binaryCrossEntropyMean(tf.reshape(logits, [-1]) as Tensor1D, tf.reshape(targets, [-1]) as Tensor1D);
}
