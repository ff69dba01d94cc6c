export {
  type AdamUpdateOptions,
  type AdamUpdateResult,
  adamUpdate,
  type GradientUpdateOptions,
  globalNorm,
  linearCombination,
  type SgdUpdateOptions,
  type SgdUpdateResult,
  sgdUpdate,
} from './parameter-update';
export { registerParameterUpdate } from './register-parameter-update';
