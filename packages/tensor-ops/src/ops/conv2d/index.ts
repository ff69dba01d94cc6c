export type { ConvActivation, Pair } from '../../kernel/geometry';
export { type ConvTranspose2dOptions, convTranspose2d } from './conv-transpose2d';
export { type Conv2dOptions, conv2d } from './conv2d';
export { registerConv2d } from './register-conv2d';
