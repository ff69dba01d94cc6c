export { openWeights } from './open';
export { writePytorch } from './pytorch/write';
export { writeSafetensors } from './safetensors/write';
