/** Trains a Faster R-CNN on COCO data. */
import type { CocoDataset } from '@icconv/coco';
import { presetFor, type TrainTaskOptions, trainTask } from '@icconv/task';
import { InvalidArgumentError } from '@icconv/tensor-ops';
import type { TrainResult } from '@icconv/training/node';
import type { DetectionModel } from '../config/detection-model';
import type { FasterRcnnConfig } from '../config/faster-rcnn-config';
import { classNames } from '../data/coco-samples';
import { DETECTION, type DetectionTypes } from '../task/detection-task';
import type { DetectionRecipe } from '../training/detection-recipe';

export interface TrainDetectorOptions extends Omit<TrainTaskOptions<DetectionTypes>, 'model' | 'evaluation'> {
  readonly config: FasterRcnnConfig;
  /** Names of the classes by number. @defaultValue the training set's categories by ascending id */
  readonly classes?: readonly string[];
}

/**
 * Trains, writing into the folder all that `createDetector` and a later run need: description, checkpoint, best and final weights by
 * torchvision's names, `results.csv`, curves.
 *
 * @throws as `trainTask`; InvalidArgumentError where classes and network do not fit.
 * @example
 * ```ts
 * const config = fasterRcnnConfig({ backbone: resnetConfig(18), classes: 3 });
 * const recipe = { epochs: 12, batchSize: 2, learningRate: 0.01 };
 * await trainDetector({ config, recipe, train: { dataset, folder: 'images' }, folder: 'runs/cells' });
 * ```
 */
export async function trainDetector({ config, classes, ...options }: TrainDetectorOptions): Promise<TrainResult> {
  const names = classes ?? classNames(options.train.dataset);
  if (names.length !== config.classes) {
    throw new InvalidArgumentError('trainDetector', 'classes', names, `${config.classes} names, as the network has`);
  }
  return trainTask(DETECTION, { ...options, model: { config, classes: names } });
}

/**
 * Network, names of the classes and recipe of a preset, for the data set to learn from.
 *
 * @param name - `small` trains from scratch on a laptop, `coco-1x` is the published schedule.
 * @param changes - what differs, by the places of a configuration file.
 * @throws ConfigError where a value does not fit.
 */
export async function detectorPreset(
  name: string,
  dataset: CocoDataset,
  changes: Parameters<typeof presetFor>[3] = {},
): Promise<DetectionModel & { readonly recipe: DetectionRecipe }> {
  const { model, recipe } = await presetFor(DETECTION, name, dataset, changes);
  return { ...model, recipe };
}
