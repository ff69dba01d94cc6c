import { registerKernels } from '@icconv/tensor-ops';
import { useEngine } from '@icconv/tensor-ops/engine';
import type { Backend } from '@icconv/test-utils';
import * as tf from '@tensorflow/tfjs-core';

/** Makes a backend current for `describeBackends`; returns why it can't be, if so. */
export async function activate(backend: Backend): Promise<string | undefined> {
  // Gradients of TensorFlow.js' own operators; the native engine brings them along, the others do not.
  await import('@tensorflow/tfjs');
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
}
