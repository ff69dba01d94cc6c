export { DecodeFailure } from './decode-failure';
export { decodeImage, imageSize } from './decode-image';
export { decodePixels, isPixelData, meanGrey, nameOf } from './decode-pixels';
export type { DecodedImage, DecodeOptions, ImageInput, PixelData } from './image-input';
export { sendableImage } from './sendable-image';
