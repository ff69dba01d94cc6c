export { type BatchNormOptions, type BatchNormResult, batchNorm, relu } from './batch-norm';
export { registerBatchNorm } from './register-batch-norm';
export { sharesStatistics, sharingStatistics, type Workers } from './shared-statistics';
