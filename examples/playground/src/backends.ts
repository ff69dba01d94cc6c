/** TensorFlow.js' backends of this page: which ones this browser has, and switching between them. */

import { BackendUnavailableError } from '@icconv/detection/web';
import wasm from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm.wasm?url';
import wasmSimd from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm?url';
import wasmThreaded from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-threaded-simd.wasm?url';
import * as tf from '@tensorflow/tfjs-core';

/** Best first. */
export const BACKENDS = ['webgpu', 'webgl', 'wasm'] as const;
export type Backend = (typeof BACKENDS)[number];

export const BACKEND_NAMES: Readonly<Record<Backend, string>> = {
  webgpu: 'WebGPU',
  webgl: 'WebGL',
  wasm: 'wasm (CPU)',
};

/** Each is fetched when it is chosen. */
const LOAD: Readonly<Record<Backend, () => Promise<unknown>>> = {
  webgpu: () => import('@tensorflow/tfjs-backend-webgpu'),
  webgl: () => import('@tensorflow/tfjs-backend-webgl'),
  async wasm() {
    const { setWasmPaths } = await import('@tensorflow/tfjs-backend-wasm');
    setWasmPaths({
      'tfjs-backend-wasm.wasm': wasm,
      'tfjs-backend-wasm-simd.wasm': wasmSimd,
      'tfjs-backend-wasm-threaded-simd.wasm': wasmThreaded,
    });
  },
};

/** Those that this browser can start. */
export async function availableBackends(): Promise<Backend[]> {
  const gpu = (navigator as { gpu?: { requestAdapter(): Promise<object | null> } }).gpu;
  const has: Readonly<Record<Backend, boolean>> = {
    webgpu: (await gpu?.requestAdapter().catch(() => null)) != null,
    webgl: document.createElement('canvas').getContext('webgl2') !== null,
    wasm: typeof WebAssembly === 'object',
  };
  return BACKENDS.filter((backend) => has[backend]);
}

/** Makes one current. @throws BackendUnavailableError where the browser cannot start it after all. */
export async function startBackend(backend: Backend): Promise<void> {
  await LOAD[backend]();
  if (await tf.setBackend(backend)) return;
  throw new BackendUnavailableError('playground', `${BACKEND_NAMES[backend]} does not start in this browser`);
}
