export { checkAugmentConfig } from './augment/check-config';
export { type ColourMatrix, drawColour } from './augment/colour';
export type {
  AffineConfig,
  AugmentConfig,
  ColourConfig,
  MosaicConfig,
  ResizeToFit,
  ResizeToShortest,
} from './augment/config';
export {
  type Box,
  moveMask,
  moveObjects,
  moveSample,
  type ObjectRules,
  type PixelMask,
  type SampleObject,
} from './augment/objects';
export { type PictureLayer, type PictureSize, type PlanPicture, planSample, type SamplePlan } from './augment/plan';
export {
  CheckpointError,
  FrozenRandomWeightsError,
  MissingGradientsError,
  NonFiniteLossError,
} from './errors';
export { createLoader } from './loader/create-loader';
export type {
  Batch,
  BatchSample,
  DataPosition,
  Loader,
  LoaderOptions,
  Sample,
  SampleSource,
  UnreadablePicture,
} from './loader/types';
export {
  createProgress,
  formatDuration,
  type Progress,
  type ProgressOptions,
  type ProgressState,
} from './logs/progress';
export { createEventWriter, type EventWriter } from './logs/tensorboard';
export { type Checkpoint, type CheckpointState, loadCheckpoint, saveCheckpoint } from './loop/checkpoint';
export { describeFrozen, type FreezingOptions, frozenWeights, isStatisticName } from './loop/freezing';
export { recipeOptions, type ScheduleConfig, type TrainingRecipe } from './loop/recipe';
export { CHECKPOINT_FILE, checkRun, type RunOptions, type RunSettings, settingDifferences } from './loop/run-settings';
export { BEST_FILE, FINAL_FILE, trainLoop } from './loop/train-loop';
export type {
  EvaluateContext,
  Metrics,
  StepContext,
  TrainBatch,
  TrainData,
  TrainOptions,
  TrainResult,
} from './loop/types';
export { type AdamOptions, adam, adamW } from './optimizers/adam';
export { type Ema, type EmaOptions, ema } from './optimizers/ema';
export {
  clipScale,
  GradientSum,
  gradientNorm,
  type LossResult,
  lossGradients,
  type StepResult,
} from './optimizers/gradients';
export { type SgdOptions, sgd } from './optimizers/sgd';
export {
  decaysMatrices,
  type Optimizer,
  type ParameterOptions,
  type StateDict,
  type UpdateOptions,
} from './optimizers/types';
export { type Random, seededRandom, shuffled } from './random/random';
export { constant, cosine, multiStep, type Schedule, stepDecay, withWarmUp } from './schedules/schedules';
