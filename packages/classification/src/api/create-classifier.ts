/** Classifiers ready for use. */
import {
  createRemoteRunner,
  createRunner,
  type LocalRunner,
  type ModelSource,
  moduleBeside,
  type RemoteRunnerOptions,
  type RemoteSource,
  type Runner,
  type RunnerOptions,
} from '@icconv/task';
import { CLASSIFICATION, type ClassificationTypes } from '../task/classification-task';

export const DEFAULT_CLASSIFIER = 'torchvision/resnet50-v2';

/** A name of the zoo, a trained model's folder, or a checkpoint with what it belongs to. */
export type ClassifierSource = ModelSource<ClassificationTypes>;

/** What both kinds of classifier can do: the one in this process, and the one in a process of its own. */
export interface Classifier extends Runner<ClassificationTypes> {
  /** Names of the classes by number. */
  readonly classes: readonly string[];
  /** Says what pictures show: `run` by another name. */
  readonly classify: Runner<ClassificationTypes>['run'];
}

export interface LocalClassifier extends Classifier, LocalRunner<ClassificationTypes> {}

/**
 * Loads a classifier into this process. Its calls keep the event loop busy while TensorFlow works; `createRemoteClassifier` does not.
 *
 * @param source - by default torchvision's second ResNet-50 of ImageNet.
 * @throws as `createRunner`.
 * @example
 * ```ts
 * const classifier = await createClassifier('torchvision/resnet18-v1');
 * const { classes } = await classifier.classify('street.jpg', { topK: 3 });
 * for (const { label, score } of classes) console.log(label, score);
 * await classifier.dispose();
 * ```
 */
export async function createClassifier(
  source: ClassifierSource = DEFAULT_CLASSIFIER,
  options: RunnerOptions = {},
): Promise<LocalClassifier> {
  return named(await createRunner(CLASSIFICATION, source, options));
}

/** Loads a classifier into a child process: same results, see `createRemoteRunner`. */
export async function createRemoteClassifier(
  source: RemoteSource<ClassificationTypes> = DEFAULT_CLASSIFIER,
  options: RemoteRunnerOptions = {},
): Promise<Classifier> {
  const module = moduleBeside(import.meta.url, 'hosted-classifier');
  return named(await createRemoteRunner(CLASSIFICATION, module, source, options));
}

const named = <R extends Runner<ClassificationTypes>>(runner: R): R & Classifier => ({
  ...runner,
  classes: runner.model.classes,
  classify: runner.run,
});
