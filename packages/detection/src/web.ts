/** Detectors in browsers. */
export {
  BackendUnavailableError,
  ModelFileError,
  type WebModelSource,
  type WebPicture,
  type WebRunnerOptions,
} from '@icconv/task/web';
export { createDetector, type WebDetector } from './api/web-detector';
export type { DetectionModel } from './config/detection-model';
export type { Detection, DetectionMask, DetectionResult, WebDetectOptions } from './detector/types';
export { detectionsSvg } from './drawing/detections-svg';
