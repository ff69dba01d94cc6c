/** What needs Node: files, data sets, training, evaluation. */
export {
  type Classifier,
  type ClassifierSource,
  createClassifier,
  createRemoteClassifier,
  DEFAULT_CLASSIFIER,
  type LocalClassifier,
} from './api/create-classifier';
export { evaluateClassifier } from './api/evaluate-classifier';
export { classifierPreset, type TrainClassifierOptions, trainClassifier } from './api/train-classifier';
export { drawClasses } from './drawing/draw-classes';
export type { ClassificationEvaluation } from './evaluation/score-labels';
export { CLASSIFICATION, CLASSIFICATION_ZOO, type ClassificationTypes } from './task/classification-task';
export { IMAGENET_NAMES } from './task/imagenet-names';
export type { ClassifierRecipe } from './training/classifier-recipe';
