export { type OptionHint, optionHint, rephraseOptions, VisionError } from '@icconv/base';
export {
  InvalidArgumentError,
  KernelError,
  OutOfMemoryError,
  ShapeMismatchError,
  UnsupportedBackendError,
  UnsupportedPrecisionError,
} from './argument-errors';
export { RefusedPickleError, type ShapeDifference, StateDictMismatchError, WeightFormatError } from './weight-errors';
