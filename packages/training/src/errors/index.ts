export { ImageDecodeError } from './image-decode-error';
export { CheckpointError, FrozenRandomWeightsError, NonFiniteLossError } from './training-errors';
