export { type MaxPool2dOptions, maxPool2d } from './max-pool2d';
export { registerMaxPool2d } from './register-max-pool2d';
