/** What needs Node: files, data sets, training, evaluation. */
export { configSchema, configToJson, skeletonSchema } from './config/config-schema';
export { readPoseModel, writePoseModel } from './config/model-file';
export {
  type CocoPoseSource,
  type CocoPosesOptions,
  cocoPoses,
  type PoseObject,
  type PoseSample,
  poseCategory,
} from './data/coco-poses';
export { type PoseData, poseReport, poseReports } from './data/pose-data';
export {
  type CheckpointSource,
  type ConfigSource,
  createPoseEstimator,
  type EstimatorOptions,
  type EstimatorSource,
  type FolderSource,
  type LocalPoseEstimator,
} from './estimator/create-estimator';
export { createRemotePoseEstimator, type RemoteEstimatorOptions } from './estimator/remote-estimator';
export {
  type EvaluatePoseOptions,
  estimateDataset,
  evaluatePose,
  evaluatePoses,
  type PoseEvaluation,
} from './evaluation/evaluate-pose';
export { correctKeypoints, type PckOptions } from './evaluation/pck';
export { poseSettings } from './training/run-settings';
export { type PoseRecipe, type TrainPoseOptions, trainPose } from './training/train-pose';
export { loadCompiledPose, loadPoseBackbone, loadPoseWeights, savePoseWeights } from './weights/pose-weights';
