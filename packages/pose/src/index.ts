export {
  type DeconvConfig,
  outputStrides,
  type PoseConfig,
  type PoseConfigOptions,
  type PoseHeadConfig,
  type PoseInputConfig,
  type PoseLossConfig,
  poseConfig,
} from './config/pose-config';
export { estimatePicture } from './estimator/estimate-picture';
export type { EstimateOptions, Keypoint, Pose, PoseResult } from './estimator/types';
export { type InputPlacement, placeInput, prepareInput, toPicture } from './input/prepare';
export { type PoseLosses, poseLosses } from './losses/pose-losses';
export { type CompiledPose, compilePose } from './network/compile-pose';
export { type PoseOutputs, poseNetwork } from './network/pose-network';
export { initPose, poseShapes } from './network/weights';
export { COCO_SKELETON, DEFAULT_SIGMA, flipIndex, type Skeleton, skeletonOf } from './skeleton/skeleton';
export { type BatchTargetOptions, type BatchTargets, batchTargets, type PoseTruth } from './targets/batch-targets';
export { type EncodedTargets, type EncodeOptions, encodeTargets, type PersonTags } from './targets/encode';
export { type PoseStepOptions, poseStep } from './training/pose-step';
