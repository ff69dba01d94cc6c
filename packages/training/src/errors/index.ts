export {
  CheckpointError,
  FrozenRandomWeightsError,
  MissingGradientsError,
  NonFiniteLossError,
} from './training-errors';
