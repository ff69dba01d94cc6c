export { InvalidArgumentError, ShapeMismatchError, UnsupportedBackendError, VisionError } from './errors';
export { registerKernels } from './register-kernels';
