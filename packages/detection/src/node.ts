/** What needs Node: files, data sets, training, evaluation. */

export {
  createDetector,
  createRemoteDetector,
  DEFAULT_DETECTOR,
  type Detector,
  type DetectorSource,
  type LocalDetector,
} from './api/create-detector';
export { detectDataset, evaluateDetector } from './api/evaluate-detector';
export { detectorPreset, type TrainDetectorOptions, trainDetector } from './api/train-detector';
export { fasterRcnnSchema, fasterRcnnToJson } from './config/config-schema';
export type { DetectionModel } from './config/detection-model';
export {
  type CocoSampleSource,
  classNames,
  cocoSamples,
  type DetectionObject,
  type DetectionSample,
} from './data/coco-samples';
export { inputBoxes } from './data/fit-to-boxes';
export type { Detection, DetectionResult, DetectOptions } from './detector/types';
export { type DrawOptions, drawDetections } from './drawing/draw-detections';
export { scoreDetections } from './evaluation/score-detections';
export { DETECTION, type DetectionTypes } from './task/detection-task';
export { DETECTION_ZOO } from './task/detection-zoo';
export type { DetectionRecipe } from './training/detection-recipe';
export {
  type LoadDetectorOptions,
  loadDetectorWeights,
  saveDetectorWeights,
} from './weights/detector-weights';
