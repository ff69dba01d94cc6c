export { type BatchNormOptions, type BatchNormResult, batchNorm, relu } from './batch-norm';
export { registerBatchNorm, reluGradient } from './register-batch-norm';
