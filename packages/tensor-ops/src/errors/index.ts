export { InvalidArgumentError, ShapeMismatchError, UnsupportedBackendError } from './argument-errors';
export { VisionError } from './vision-error';
export { RefusedPickleError, type ShapeDifference, StateDictMismatchError, WeightFormatError } from './weight-errors';
