export { type ImageBatchOptions, imageBatch, type ResizeNormalizeOptions, resizeNormalize } from './image-batch';
export { registerImageBatch } from './register-image-batch';
export { type ShortestSideOptions, type SideRounding, shortestSideSize } from './shortest-side';
export type { AffineMap, ImagePlacement, PixelOptions, RgbImage } from './types';
