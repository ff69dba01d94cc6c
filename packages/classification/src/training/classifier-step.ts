/** One training step of a classifier up to its gradients. */
import { resnet, type StateDict } from '@icconv/models';
import { lossGradients, type StepResult } from '@icconv/training';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { type ClassifierModel, resnetOf } from '../config/classifier-model';

export interface ClassifierStepOptions {
  /** Weights to take gradients of, by name. */
  readonly trainable: (name: string) => boolean;
  /** Batch norms that take the batch's statistics; the others are frozen. @defaultValue none */
  readonly batchNorm?: boolean | ((norm: string) => boolean);
  /** Share of the target that all classes divide. @defaultValue `0` */
  readonly labelSmoothing?: number;
}

/**
 * Softmax cross-entropy of a batch, as torch's `CrossEntropyLoss`, and its gradients. Needs a backend with all gradient kernels.
 *
 * @param images - float32 [N, H, W, 3], normalised as `config.input` says. @param labels - N class numbers.
 */
export function classifierStep(
  weights: StateDict,
  images: Tensor4D,
  labels: readonly number[],
  model: ClassifierModel,
  { trainable, batchNorm = false, labelSmoothing = 0 }: ClassifierStepOptions,
): StepResult {
  return lossGradients(weights, trainable, (own) => {
    const { logits, statistics } = resnet(own, images, resnetOf(model), { returns: ['logits'], training: batchNorm });
    const targets = tf.oneHot(tf.tensor1d([...labels], 'int32'), model.classes.length);
    const loss = tf.losses.softmaxCrossEntropy(targets, logits, undefined, labelSmoothing) as tf.Scalar;
    return { losses: { crossEntropy: loss }, statistics };
  });
}
