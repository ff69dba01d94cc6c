/** What needs Node: files, data sets, training, evaluation. */

export { classNames } from '@icconv/task';
export {
  createDetector,
  createRemoteDetector,
  DEFAULT_DETECTOR,
  type Detector,
  type DetectorSource,
  detectDataset,
  detectorPreset,
  evaluateDetector,
  type LocalDetector,
  type TrainDetectorOptions,
  trainDetector,
} from './api/detector';
export { fasterRcnnSchema, fasterRcnnToJson } from './config/config-schema';
export type { DetectionModel } from './config/detection-model';
export {
  type CocoSampleSource,
  cocoSamples,
  type DetectionObject,
  type DetectionSample,
} from './data/coco-samples';
export { inputBoxes } from './data/fit-to-boxes';
export type { Detection, DetectionMask, DetectionResult, DetectOptions } from './detector/types';
export { type DrawOptions, drawDetections } from './drawing/draw-detections';
export { type DetectionEvaluation, scoreDetections } from './evaluation/score-detections';
export { DETECTION, type DetectionTypes } from './task/detection-task';
export { DETECTION_ZOO } from './task/detection-zoo';
export type { DetectionRecipe } from './training/detection-recipe';
export {
  type LoadDetectorOptions,
  loadDetectorWeights,
  saveDetectorWeights,
} from './weights/detector-weights';
