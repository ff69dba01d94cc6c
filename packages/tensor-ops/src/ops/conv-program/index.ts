export { type ConvProgram, convProgram } from './conv-program';
export { registerConvProgram } from './register-conv-program';
export type { ConvStep, MapIndex } from './steps';
