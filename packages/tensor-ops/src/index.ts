export { InvalidArgumentError, ShapeMismatchError, UnsupportedBackendError, VisionError } from './errors';
export { type BatchedNmsOptions, batchedNms, batchedNmsAsync } from './ops/nms';
export {
  type MultiLevelRoiAlignOptions,
  multiLevelRoiAlign,
  type RoiAlignOptions,
  roiAlign,
} from './ops/roi-align';
export { registerKernels } from './register-kernels';
