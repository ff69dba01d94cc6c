/** Published classifiers of ImageNet: the backbones of the zoo, with their classes. */
import { BACKBONES, type ZooRow } from '@icconv/task';
import type { ClassifierModel } from '../config/classifier-model';
import { IMAGENET_NAMES } from './imagenet-names';

export const CLASSIFICATION_ZOO: readonly ZooRow<ClassifierModel>[] = BACKBONES.map((row) => ({
  ...row,
  model: { ...row.model, classes: IMAGENET_NAMES },
}));
