export { type DilationErrors, type DilationErrorsOptions, dilationErrors } from './dilation-errors';
export { registerDilationErrors } from './register-dilation-errors';
