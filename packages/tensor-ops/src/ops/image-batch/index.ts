export { type ImageBatchOptions, imageBatch, type ResizeNormalizeOptions, resizeNormalize } from './image-batch';
export { registerImageBatch } from './register-image-batch';
export type { AffineMap, ImagePlacement, PixelOptions, RgbImage } from './types';
