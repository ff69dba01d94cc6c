export {
  type ClassificationResult,
  type ClassifyOptions,
  type ClassScore,
  classifyPicture,
} from './classifier/classify-picture';
export { type ClassifierConfig, type ClassifierModel, resnetOf } from './config/classifier-model';
export { prepareClassifierInput } from './input/prepare';
export { classifierStep } from './training/classifier-step';
