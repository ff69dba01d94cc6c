import { describeDataset } from '@icconv/coco/node';
import type { RunSettings } from '@icconv/training';
import { configToJson } from '../config/config-schema';
import { classNames } from '../data/coco-samples';
import type { TrainDetectorOptions } from './train-detector';

/** What a run of `trainDetector` is made of, for `checkRun` before anything is written into its folder. */
export function detectionSettings(
  options: Pick<TrainDetectorOptions, 'config' | 'recipe' | 'train' | 'val' | 'classes'>,
): RunSettings {
  const { config, recipe, train, val, classes = classNames(train.dataset) } = options;
  const data = {
    train: describeDataset(train.dataset),
    ...(val !== undefined && { val: describeDataset(val.dataset) }),
  };
  return { model: configToJson(config), recipe, classes, data };
}
