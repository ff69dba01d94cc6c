import * as tf from '@tensorflow/tfjs-core';
import type { Backend } from './backends';

/** What makes a backend current, from the package under test: it may be the one that others take from its build. */
export interface ActivatorOptions {
  readonly useEngine: (options: { readonly device: 'cpu' | 'wasm'; readonly threads?: number }) => Promise<unknown>;
  readonly registerKernels: () => void;
  /** Gradients of TensorFlow.js' own operators, which the native engine brings along and other backends do not. @defaultValue `false` */
  readonly gradients?: boolean;
}

/** Makes a function that makes a backend current, for `describeBackends`; it returns why that can't be, if so. */
export function activator({ useEngine, registerKernels, gradients = false }: ActivatorOptions) {
  return async (backend: Backend): Promise<string | undefined> => {
    if (gradients) await import('@tensorflow/tfjs-core/dist/register_all_gradients');
    if (backend === 'js') {
      await import('@tensorflow/tfjs-backend-cpu');
      registerKernels();
      await tf.setBackend('cpu');
      return undefined;
    }
    try {
      await useEngine(backend === 'native' ? { device: 'cpu', threads: 2 } : { device: 'wasm' });
      return undefined;
    } catch (error) {
      return (error as Error).message;
    }
  };
}
