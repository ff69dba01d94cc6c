/** What needs Node: files, data sets, training, evaluation. */
export {
  type Classifier,
  type ClassifierSource,
  classifierPreset,
  createClassifier,
  createRemoteClassifier,
  DEFAULT_CLASSIFIER,
  evaluateClassifier,
  type LocalClassifier,
  type TrainClassifierOptions,
  trainClassifier,
} from './api/classifier';
export { drawClasses } from './drawing/draw-classes';
export type { ClassificationEvaluation } from './evaluation/score-labels';
export { CLASSIFICATION, CLASSIFICATION_ZOO, type ClassificationTypes } from './task/classification-task';
export { IMAGENET_NAMES } from './task/imagenet-names';
export type { ClassifierRecipe } from './training/classifier-recipe';
