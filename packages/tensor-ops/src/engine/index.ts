/** The engine of a Node process. Browsers choose a backend by TensorFlow.js itself and import `@icconv/tensor-ops/register`. */
export { type EngineAttempt, EngineUnavailableError } from './engine-error';
export { type EngineInfo, engineInfo } from './engine-info';
export type { GpuMemory, GpuPrecision } from './gpu-options';
export { type GpuDevice, loadedNative, type NativeOps, type SimdLevel } from './load-native';
export { type EngineDevice, type EngineOptions, useEngine } from './use-engine';
