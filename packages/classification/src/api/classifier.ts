/** Classifiers: ready for use, trained, evaluated. */
import {
  classNames,
  type LocalRunner,
  type ModelSource,
  moduleBeside,
  type Runner,
  type TrainTaskOptions,
  taskFunctions,
} from '@icconv/task';
import type { ClassifierConfig } from '../config/classifier-model';
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

export interface TrainClassifierOptions extends Omit<TrainTaskOptions<ClassificationTypes>, 'model'> {
  readonly config: ClassifierConfig;
  /** Names of the classes by number. @defaultValue the training set's categories by ascending id */
  readonly classes?: readonly string[];
}

const functions = taskFunctions<ClassificationTypes, Classifier, LocalClassifier, TrainClassifierOptions>(
  CLASSIFICATION,
  {
    defaultModel: DEFAULT_CLASSIFIER,
    hosted: () => moduleBeside(import.meta.url, 'hosted-classifier'),
    names: ({ model, run }) => ({ classes: model.classes, classify: run }),
    model: ({ config, train, classes = classNames(train.dataset) }) => ({ config, classes }),
  },
);

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
export const createClassifier = functions.create;

/** Loads a classifier into a child process: same results, see `createRemoteRunner`. */
export const createRemoteClassifier = functions.createRemote;

/** Trains, writing into the folder all that `createClassifier` and a later run need; weights by torchvision's names. @throws as `trainTask` */
export const trainClassifier = functions.train;

/**
 * Network, names of the classes and recipe of a preset, for the data set to learn from.
 *
 * @param name - `small` trains from scratch on a laptop, `imagenet` is torchvision's schedule.
 * @param changes - what differs, by the places of a configuration file.
 * @throws ConfigError where a value does not fit.
 */
export const classifierPreset = functions.preset;

/**
 * Top-1 and top-5 accuracy. Pictures without a label, with one that the network lacks, or with labels of several classes do not count.
 *
 * @param source - one that runs, here or in another process; or what `createClassifier` makes one from.
 * @throws CocoError where no picture counts; ImageDecodeError with the file that cannot be read.
 */
export const evaluateClassifier = functions.evaluate;
