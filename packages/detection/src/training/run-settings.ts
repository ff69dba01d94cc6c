import { describeDataset } from '@icconv/coco/node';
import type { RunSettings } from '@icconv/training/node';
import { configToJson } from '../config/config-schema';
import { classNames } from '../data/coco-samples';
import type { DetectionData } from '../data/detection-data';
import type { TrainDetectorOptions } from './train-detector';

/** What a run of `trainDetector` is made of, for `checkRun` before anything is written into its folder. */
export function detectionSettings(
  options: Pick<TrainDetectorOptions, 'config' | 'recipe' | 'train' | 'val' | 'classes'>,
): RunSettings {
  const { config, recipe, train, val, classes = classNames(train.dataset) } = options;
  const data = {
    train: describe(train),
    ...(val !== undefined && { val: describe(val) }),
  };
  return { model: configToJson(config), recipe, classes, data };
}

/** With what is used of it, where that is not all. */
function describe({ dataset, imageIds, categoryIds }: DetectionData): RunSettings {
  return {
    ...describeDataset(dataset),
    ...(imageIds !== undefined && { imageIds }),
    ...(categoryIds !== undefined && { categoryIds }),
  };
}
