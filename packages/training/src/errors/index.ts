export { ImageDecodeError } from './image-decode-error';
export {
  CheckpointError,
  FrozenRandomWeightsError,
  MissingGradientsError,
  NonFiniteLossError,
} from './training-errors';
