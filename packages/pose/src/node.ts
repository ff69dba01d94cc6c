/** What needs Node: files, data sets, training, evaluation. */

export {
  createPoseEstimator,
  createRemotePoseEstimator,
  DEFAULT_ESTIMATOR,
  type EstimatorSource,
  type EvaluatePoseOptions,
  estimateDataset,
  evaluatePose,
  type LocalPoseEstimator,
  type PoseEstimator,
  posePreset,
  type TrainPoseOptions,
  trainPose,
} from './api/estimator';
export { poseSchema, poseToJson, skeletonSchema } from './config/config-schema';
export type { PoseModel } from './config/pose-config';
export {
  type CocoPoseSource,
  categoryFor,
  cocoPoses,
  type PoseObject,
  type PoseSample,
  poseCategory,
} from './data/coco-poses';
export { type DrawPosesOptions, drawPoses } from './drawing/draw-poses';
export { correctKeypoints, type PckOptions } from './evaluation/pck';
export { type PoseEvaluation, scorePoses } from './evaluation/score-poses';
export { POSE, type PoseTypes } from './task/pose-task';
export { POSE_ZOO } from './task/pose-zoo';
export type { PoseRecipe } from './training/pose-recipe';
export { loadPoseWeights, savePoseWeights } from './weights/pose-weights';
