import { availableParallelism } from 'node:os';
import * as tf from '@tensorflow/tfjs-core';
import { getKernelsForBackend } from '@tensorflow/tfjs-core';
import type { GpuPrecision } from './gpu-options';
import { loadedNative, type SimdLevel, startedThreads } from './load-native';

/** What runs the tensors of this process. */
export interface EngineInfo {
  /** `none` before {@link useEngine} and with a backend of somebody else's choice. */
  readonly device: 'cuda' | 'cpu' | 'wasm' | 'none';
  /** TensorFlow.js' name of the backend. */
  readonly backend: string;
  /** TensorFlow's version (native), or that of TensorFlow.js. */
  readonly version: string;
  /** TensorFlow's devices, such as `CPU:0`, `GPU:0`. */
  readonly devices: readonly string[];
  readonly threads: number;
  /** Of the products of convolutions; `float32` on all but a GPU. */
  readonly precision: GpuPrecision;
  /** SIMD level of our kernels; undefined without the native engine. */
  readonly simd: SimdLevel | undefined;
  /** Kernels that this project adds to the backend. */
  readonly customOps: readonly string[];
}

/** Kernel names of this project; TensorFlow.js has none of these. */
const OUR_KERNELS = /^(InceptionConv2D|RoiAlign|BatchedNms|IcConv)/;

/** Describes the engine of this process. */
export function engineInfo(): EngineInfo {
  const backend = tf.getBackend() ?? 'none';
  const customOps = (getKernelsForBackend(backend) ?? [])
    .map((kernel) => kernel.kernelName)
    .filter((name) => OUR_KERNELS.test(name))
    .sort();
  const native = loadedNative();
  if (backend === 'tensorflow' && native !== undefined) {
    return {
      device: native.gpu ? 'cuda' : 'cpu',
      backend,
      version: native.installed.tensorflow,
      devices: native.ops.devices(),
      threads: startedThreads() ?? availableParallelism(),
      precision: native.gpu ? native.ops.gpuPrecision() : 'float32',
      simd: native.ops.simdLevel(),
      customOps,
    };
  }
  return {
    device: backend === 'wasm' ? 'wasm' : 'none',
    backend,
    version: tf.version_core,
    devices: [],
    threads: 1,
    precision: 'float32',
    simd: undefined,
    customOps,
  };
}
