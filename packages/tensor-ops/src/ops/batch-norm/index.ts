export { type BatchNormOptions, type BatchNormResult, batchNorm, relu } from './batch-norm';
export { registerBatchNorm } from './register-batch-norm';
