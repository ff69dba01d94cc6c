/** Pose estimators in browsers. */
export {
  BackendUnavailableError,
  ModelFileError,
  type WebModelSource,
  type WebPicture,
  type WebRunnerOptions,
} from '@icconv/task/web';
export { createPoseEstimator, type WebPoseEstimator } from './api/web-estimator';
export type { PoseModel } from './config/pose-config';
export { type PosesSvgOptions, posesSvg } from './drawing/poses-svg';
export type { Keypoint, Pose, PoseResult, WebEstimateOptions } from './estimator/types';
export type { Skeleton } from './skeleton/skeleton';
