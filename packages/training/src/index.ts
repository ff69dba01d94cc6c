/** What trainings are made of; runs everywhere. */
export type { PictureSize } from '@icconv/base';
export { augmentSchema } from './augment/augment-schema';
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
export { type PictureLayer, type PlanPicture, planSample, type SamplePlan } from './augment/plan';
export {
  CheckpointError,
  FrozenRandomWeightsError,
  MissingGradientsError,
  NonFiniteLossError,
} from './errors';
export { describeFrozen, type FreezingOptions, frozenWeights, isStatisticName } from './loop/freezing';
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
export { recipeOptions, type ScheduleConfig, type TrainingRecipe } from './recipe/recipe';
export { recipeSchema, scheduleSchema } from './recipe/recipe-schema';
export { constant, cosine, multiStep, type Schedule, stepDecay, withWarmUp } from './schedules/schedules';
