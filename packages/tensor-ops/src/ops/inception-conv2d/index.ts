export { type InceptionAlgorithm, type InceptionConv2dOptions, inceptionConv2d } from './inception-conv2d';
export { registerInceptionConv2d } from './register-inception-conv2d';
