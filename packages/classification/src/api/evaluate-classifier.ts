/** Accuracy of a classifier over a data set. */
import type { CocoData } from '@icconv/coco/node';
import { type EvaluateTaskOptions, evaluateOn, type ModelSource, type Runner, type RunnerOptions } from '@icconv/task';
import type { ClassificationEvaluation } from '../evaluation/score-labels';
import { CLASSIFICATION, type ClassificationTypes } from '../task/classification-task';

/**
 * Top-1 and top-5 accuracy. Pictures without a label, with one that the network lacks, or with labels of several classes do not count.
 *
 * @param classifier - one that runs, here or in another process; or what `createClassifier` makes one from.
 * @throws CocoError where no picture counts; ImageDecodeError with the file that cannot be read.
 */
export async function evaluateClassifier(
  classifier: Pick<Runner<ClassificationTypes>, 'model' | 'stream'> | ModelSource<ClassificationTypes>,
  data: CocoData,
  options: EvaluateTaskOptions<ClassificationTypes> & RunnerOptions = {},
): Promise<ClassificationEvaluation> {
  return evaluateOn(CLASSIFICATION, classifier, data, options);
}
