export { InvalidArgumentError, ShapeMismatchError, UnsupportedBackendError, VisionError } from './errors';
