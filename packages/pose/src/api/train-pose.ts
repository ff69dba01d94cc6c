/** Trains a bottom-up pose estimator on COCO keypoints. */
import type { CocoDataset } from '@icconv/coco';
import { presetFor, type TrainTaskOptions, trainTask } from '@icconv/task';
import type { TrainResult } from '@icconv/training/node';
import type { PoseConfig } from '../config/pose-config';
import { POSE, type PoseTypes } from '../task/pose-task';
import type { PoseRecipe } from '../training/pose-recipe';
import { ofCategory } from './evaluate-pose';

export interface TrainPoseOptions extends Omit<TrainTaskOptions<PoseTypes>, 'model'> {
  readonly config: PoseConfig;
  /** Name of the category. @defaultValue the one with the network's keypoints */
  readonly category?: string;
}

/**
 * Trains, writing into the folder all that `createPoseEstimator` and a later run need: description, checkpoint, best and final weights by
 * mmpose's names, `results.csv`, curves.
 *
 * @throws as `trainTask`.
 * @example
 * ```ts
 * const config = poseConfig({ backbone: 18, skeleton: skeletonOf(poseCategory(dataset)) });
 * const recipe = { epochs: 30, batchSize: 4, learningRate: 1e-3 };
 * await trainPose({ config, recipe, train: { dataset, folder: 'images' }, folder: 'runs/bees' });
 * ```
 */
export async function trainPose({ config, category, train, val, ...options }: TrainPoseOptions): Promise<TrainResult> {
  return trainTask(POSE, {
    ...options,
    model: { config },
    train: ofCategory(train, category),
    ...(val !== undefined && { val: ofCategory(val, category) }),
  });
}

/**
 * Network and recipe of a preset, for the data set to learn from.
 *
 * @param name - `small` trains from scratch on a laptop, `coco` is the published schedule.
 * @param changes - what differs, by the places of a configuration file.
 * @throws ConfigError where a value does not fit.
 */
export async function posePreset(
  name: string,
  dataset: CocoDataset,
  changes: Parameters<typeof presetFor>[3] = {},
): Promise<{ readonly config: PoseConfig; readonly recipe: PoseRecipe }> {
  const { model, recipe } = await presetFor(POSE, name, dataset, changes);
  return { config: model.config, recipe };
}
