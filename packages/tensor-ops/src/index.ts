export {
  InvalidArgumentError,
  KernelError,
  type OptionHint,
  OutOfMemoryError,
  rephraseOptions,
  ShapeMismatchError,
  UnsupportedBackendError,
  UnsupportedPrecisionError,
  VisionError,
} from './errors';
export { roundDownToFloat } from './kernel/native-backend';
export type { ConvPrecision } from './kernel/precision';
export {
  type BatchNormOptions,
  type BatchNormResult,
  batchNorm,
  relu,
  sharesStatistics,
  sharingStatistics,
  type Workers,
} from './ops/batch-norm';
export { type BoxCandidates, type BoxCandidatesOptions, boxCandidates } from './ops/box-candidates';
export { type ConvProgram, type ConvStep, convProgram, type MapIndex } from './ops/conv-program';
export {
  type Conv2dOptions,
  type ConvActivation,
  type ConvTranspose2dOptions,
  conv2d,
  convTranspose2d,
  type Pair,
} from './ops/conv2d';
export { type DilationErrors, type DilationErrorsOptions, dilationErrors } from './ops/dilation-errors';
export {
  type FusedConv2dOptions,
  type FusedConvAlgorithm,
  fusedConv2d,
  type PackConv2dOptions,
  type PackedConv2dFilter,
  packConv2dFilter,
} from './ops/fused-conv2d';
export {
  type AffineMap,
  type ImageBatchOptions,
  type ImagePlacement,
  imageBatch,
  type PixelOptions,
  type ResizeNormalizeOptions,
  type RgbImage,
  resizeNormalize,
  type ShortestSideOptions,
  type SideRounding,
  shortestSideSize,
} from './ops/image-batch';
export {
  type InceptionAlgorithm,
  type InceptionConv2dOptions,
  inceptionConv2d,
  inceptionConv2dPacked,
  type PackedInceptionFilter,
  type PackInceptionOptions,
  packInceptionFilter,
} from './ops/inception-conv2d';
export {
  type GroupKeypointsOptions,
  groupKeypoints,
  groupKeypointsAsync,
  type KeypointGroups,
} from './ops/keypoint-grouping';
export { type AggregateKeypointMapsOptions, aggregateKeypointMaps, type KeypointMaps } from './ops/keypoint-maps';
export { type CropMasksOptions, cropMasks, type PasteMasksOptions, pasteMasks } from './ops/masks';
export { type MaxPool2dOptions, maxPool2d } from './ops/max-pool2d';
export { type BatchedNmsOptions, batchedNms, batchedNmsAsync } from './ops/nms';
export {
  type AdamUpdateOptions,
  type AdamUpdateResult,
  adamUpdate,
  type GradientUpdateOptions,
  globalNorm,
  linearCombination,
  type SgdUpdateOptions,
  type SgdUpdateResult,
  sgdUpdate,
} from './ops/parameter-update';
export { registerKernels } from './ops/register-kernels';
export {
  type MultiLevelRoiAlignOptions,
  multiLevelRoiAlign,
  type RoiAlignOptions,
  roiAlign,
} from './ops/roi-align';
export { runSteps, runStepsAsync, type StepBreak, type Steps } from './steps';
export type { StateDict } from './weights/types';
