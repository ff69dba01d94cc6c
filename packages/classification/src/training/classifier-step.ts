/** One training step of a classifier up to its gradients. */
import { resnet, type StateDict, type TrainableParts } from '@icconv/models';
import { lossGradients, type StepResult } from '@icconv/training';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { type ClassifierModel, resnetOf } from '../config/classifier-model';
import type { ClassifierRecipe } from './classifier-recipe';

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
  { trainable, batchNorm, labelSmoothing = 0 }: TrainableParts & Pick<ClassifierRecipe, 'labelSmoothing'>,
): StepResult {
  return lossGradients(weights, trainable, (own) => {
    const { logits, statistics } = resnet(own, images, resnetOf(model), { returns: ['logits'], training: batchNorm });
    const targets = tf.oneHot(tf.tensor1d([...labels], 'int32'), model.classes.length);
    const loss = tf.losses.softmaxCrossEntropy(targets, logits, undefined, labelSmoothing) as tf.Scalar;
    return { losses: { crossEntropy: loss }, statistics };
  });
}
