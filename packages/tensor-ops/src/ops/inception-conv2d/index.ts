import { registerPackedInceptionConv2d } from './packed';
import { registerInceptionConv2d as registerOperator } from './register-inception-conv2d';

export { type InceptionConv2dOptions, inceptionConv2d } from './inception-conv2d';
export {
  inceptionConv2dPacked,
  type PackedInceptionFilter,
  type PackInceptionOptions,
  packInceptionFilter,
} from './packed';
export type { InceptionAlgorithm } from './register-inception-conv2d';

/** Registers the operator's kernels on every backend, and its gradient. */
export function registerInceptionConv2d(): void {
  registerOperator();
  registerPackedInceptionConv2d();
}
