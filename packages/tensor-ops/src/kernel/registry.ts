/** Registration of kernels in TensorFlow.js' registry, once per backend. */
import type { KernelFunc, NamedAttrMap, NamedTensorMap, Tensor } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { UnsupportedBackendError } from '../errors';
import { kernelError } from './kernel-errors';
import type { NativeBackend } from './native-backend';

/** Name of TensorFlow's native runtime among TensorFlow.js' backends. */
export const NATIVE_BACKEND = 'tensorflow';
/** Backends that take the composition of ordinary operators. */
const PORTABLE_BACKENDS = ['wasm', 'webgpu', 'webgl', 'cpu'] as const;

/** Where a kernel runs. */
export interface KernelContext {
  /** Present on TensorFlow's native runtime only. */
  readonly native?: NativeBackend;
}

type Body<Inputs, Attrs> = (inputs: Inputs, attrs: Attrs, context: KernelContext) => Tensor | Tensor[];

/**
 * Registers one kernel on every backend; what is registered already stays.
 *
 * The body may use any TensorFlow.js operator: inside a kernel nothing is recorded for differentiation. What it leaves over is
 * disposed.
 */
export function registerOnAllBackends<Inputs, Attrs>(kernelName: string, body: Body<Inputs, Attrs>): void {
  const kernelFunc =
    (context: (backend: object) => KernelContext): KernelFunc =>
    ({ inputs, attrs, backend }) =>
      tf.tidy(() => body(inputs as Inputs, attrs as Attrs, context(backend)));
  const register = (backendName: string, context: (backend: object) => KernelContext) => {
    if (tf.getKernel(kernelName, backendName) != null) return;
    tf.registerKernel({ kernelName, backendName, kernelFunc: kernelFunc(context) });
  };
  for (const name of PORTABLE_BACKENDS) register(name, () => ({}));
  register(NATIVE_BACKEND, (backend) => ({ native: backend as NativeBackend }));
}

/** Registers a gradient unless there is one. */
export function registerGradientOnce(config: tf.GradConfig): void {
  if (tf.getGradient(config.kernelName) == null) tf.registerGradient(config);
}

/**
 * Runs a kernel of this package on the current backend.
 *
 * @throws UnsupportedBackendError when it is not registered there; OutOfMemoryError; KernelError.
 */
export function runKernel<T extends Tensor | Tensor[] = Tensor>(
  op: string,
  kernelName: string,
  inputs: NamedTensorMap,
  attrs: object,
): T {
  // Asking for the backend starts the one of highest priority when none runs yet.
  tf.backend();
  const backend = tf.getBackend();
  if (tf.getKernel(kernelName, backend) == null) {
    throw new UnsupportedBackendError(op, backend, [NATIVE_BACKEND, ...PORTABLE_BACKENDS]);
  }
  try {
    return tf.engine().runKernel<T>(kernelName, inputs, attrs as NamedAttrMap);
  } catch (error) {
    throw kernelError(op, error);
  }
}
