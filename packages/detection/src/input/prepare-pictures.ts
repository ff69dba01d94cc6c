/** From decoded pictures to the network's input in one native call; `prepareImages` does the same for tensors by ordinary operators. */
import { type PixelOptions, type RgbImage, resizeNormalize } from '@icconv/tensor-ops';
import type { InputConfig } from '../config/faster-rcnn-config';
import { type PreparedBatch, resizedSize } from './prepare';

/** Normalisation and resampling as the operators on pictures take them. */
export function pixelOptions({ mean, deviation, channels, resampling }: InputConfig): PixelOptions {
  const round = resampling !== 'torch';
  return { mean, std: deviation, channelOrder: channels, antialias: resampling === 'pillow', round };
}

/** @param pictures - 8-bit RGB, of any sizes. */
export function preparePictures(pictures: readonly RgbImage[], config: InputConfig): PreparedBatch {
  const originals = pictures.map(({ height, width }) => [height, width] as const);
  const sizes = originals.map(([height, width]) => resizedSize(height, width, config));
  const images = resizeNormalize(pictures, { size: sizes, multipleOf: config.divisor, ...pixelOptions(config) });
  return { images, sizes, originals };
}
