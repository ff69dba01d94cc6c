export { InvalidArgumentError, ShapeMismatchError, UnsupportedBackendError } from './argument-errors';
export { VisionError } from './vision-error';
