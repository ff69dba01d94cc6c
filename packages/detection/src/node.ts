/** What needs Node: files, data sets, training, evaluation. */
export { configSchema, configToJson } from './config/config-schema';
export { type DetectorModel, readDetectorModel, writeDetectorModel } from './config/model-file';
export {
  type CocoSampleSource,
  type CocoSamplesOptions,
  categoryIds,
  classNames,
  cocoSamples,
  type DetectionObject,
  type DetectionSample,
} from './data/coco-samples';
export { type DetectionData, detectionReports, validationCategories } from './data/detection-data';
export { createDetectorLoader, type DetectorLoaderOptions } from './data/detector-loader';
export { createDetector, type DetectorOptions, type LocalDetector } from './detector/create-detector';
export type { CheckpointSource, ConfigSource, DetectorSource, FolderSource } from './detector/detector-source';
export { createRemoteDetector, type RemoteDetectorOptions } from './detector/remote-detector';
export type { Detection, DetectionResult, DetectOptions, Detector } from './detector/types';
export { type DetectDatasetOptions, detectDataset, evaluateDetector } from './evaluation/evaluate-detector';
export { type ScoreOptions, scoreDetections } from './evaluation/score-detections';
export { detectionSettings } from './training/run-settings';
export { type DetectionRecipe, type TrainDetectorOptions, trainDetector } from './training/train-detector';
export {
  type LoadDetectorOptions,
  loadCompiledFasterRcnn,
  loadDetectorBackbone,
  loadDetectorWeights,
  saveDetectorWeights,
} from './weights/detector-weights';
