import { describeDataset } from '@icconv/coco/node';
import type { RunSettings } from '@icconv/training/node';
import { configToJson } from '../config/config-schema';
import type { PoseData } from '../data/pose-data';
import type { TrainPoseOptions } from './train-pose';

/** What a run of `trainPose` is made of, for `checkRun` before anything is written into its folder. */
export function poseSettings(
  options: Pick<TrainPoseOptions, 'config' | 'recipe' | 'train' | 'val' | 'category' | 'evaluation'>,
): RunSettings {
  const { config, recipe, train, val, category, evaluation } = options;
  const data = {
    train: describe(train),
    ...(val !== undefined && { val: describe(val) }),
  };
  return { model: configToJson(config), recipe, category, evaluation, data };
}

/** With what is used of it, where that is not all. */
function describe({ dataset, imageIds }: PoseData): RunSettings {
  return {
    ...describeDataset(dataset),
    ...(imageIds !== undefined && { imageIds }),
  };
}
