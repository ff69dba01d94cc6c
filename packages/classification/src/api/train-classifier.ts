/** Trains a classifier on labels of whole pictures. */
import { type CocoDataset, learnedCategories } from '@icconv/coco';
import { presetFor, type TrainTaskOptions, trainTask } from '@icconv/task';
import type { TrainResult } from '@icconv/training/node';
import type { ClassifierConfig, ClassifierModel } from '../config/classifier-model';
import { CLASSIFICATION, type ClassificationTypes } from '../task/classification-task';
import type { ClassifierRecipe } from '../training/classifier-recipe';

export interface TrainClassifierOptions extends Omit<TrainTaskOptions<ClassificationTypes>, 'model'> {
  readonly config: ClassifierConfig;
  /** Names of the classes by number. @defaultValue the training set's categories by ascending id */
  readonly classes?: readonly string[];
}

/** Trains, writing into the folder all that `createClassifier` and a later run need; weights by torchvision's names. @throws as `trainTask` */
export async function trainClassifier({ config, classes, ...options }: TrainClassifierOptions): Promise<TrainResult> {
  const names = classes ?? learnedCategories(options.train.dataset).map(({ name }) => name);
  return trainTask(CLASSIFICATION, { ...options, model: { config, classes: names } });
}

/**
 * Network, names of the classes and recipe of a preset, for the data set to learn from.
 *
 * @param name - `small` trains from scratch on a laptop, `imagenet` is torchvision's schedule.
 * @param changes - what differs, by the places of a configuration file.
 * @throws ConfigError where a value does not fit.
 */
export async function classifierPreset(
  name: string,
  dataset: CocoDataset,
  changes: Parameters<typeof presetFor>[3] = {},
): Promise<ClassifierModel & { readonly recipe: ClassifierRecipe }> {
  const { model, recipe } = await presetFor(CLASSIFICATION, name, dataset, changes);
  return { ...model, recipe };
}
