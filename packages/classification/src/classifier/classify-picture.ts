/** One picture through the network. */
import type { CompiledResNet } from '@icconv/models';
import type { CallOptions, PictureResult } from '@icconv/task';
import { type RgbImage, runSteps, type Steps } from '@icconv/tensor-ops';
import * as tf from '@tensorflow/tfjs-core';
import type { ClassifierModel } from '../config/classifier-model';
import { prepareClassifierInput } from '../input/prepare';

export interface ClassifyOptions extends CallOptions {
  /** Most classes of a picture. @defaultValue `5` */
  readonly topK?: number;
}

export interface ClassScore {
  readonly label: string;
  readonly classId: number;
  /** Softmax over all classes, 0 to 1. */
  readonly score: number;
}

export interface ClassificationResult extends PictureResult {
  /** Best first; of equal ones the first by number. */
  readonly classes: readonly ClassScore[];
}

export function classifyPicture(
  network: Pick<CompiledResNet, 'forward'>,
  picture: RgbImage,
  model: ClassifierModel,
  options: ClassifyOptions = {},
): ClassificationResult {
  return runSteps(classificationSteps(network, picture, model, options));
}

/** {@link classifyPicture} with a break before the scores are read. */
export function* classificationSteps(
  network: Pick<CompiledResNet, 'forward'>,
  picture: RgbImage,
  { config, classes }: ClassifierModel,
  { topK = 5, scoreThreshold = 0 }: ClassifyOptions,
): Steps<ClassificationResult> {
  const { width, height } = picture;
  const { logits } = network.forward(prepareClassifierInput(picture, config.input), { returns: ['logits'] });
  const scores = tf.softmax(logits);
  yield { read: [scores] };
  const all = Array.from(scores.dataSync(), (score, classId) => ({ label: classes[classId]!, classId, score }));
  const best = all.sort((a, b) => b.score - a.score).slice(0, topK);
  return { width, height, classes: best.filter(({ score }) => score >= scoreThreshold) };
}
