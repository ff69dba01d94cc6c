export { type DecodeAheadOptions, decodeAhead } from './decode-ahead';
export { DecodeFailure } from './decode-failure';
export { decodeImage, imageSize } from './decode-image';
export { decodePixels, meanGrey, nameOf } from './decode-pixels';
export { drawOver } from './draw-over';
export type { DecodedImage, DecodeOptions, FetchLimits, ImageInput, InputKind, PixelData } from './image-input';
export { isPixelData } from './input-kind';
export { sendableImage } from './sendable-image';
export { writeChart } from './write-chart';
