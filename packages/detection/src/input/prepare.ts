/**
 * From decoded images to the network's input: resized, normalised, padded into one batch.
 *
 * Coordinates: pixel centers lie at half-integers, so a box scales by new size over old size on each axis.
 */
import { type PixelOptions, type RgbImage, resizeNormalize, shortestSideSize } from '@icconv/tensor-ops';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import type { InputConfig } from '../config/faster-rcnn-config';

export interface PreparedBatch {
  /** float32 [N, H, W, 3]. The caller disposes it. */
  readonly images: Tensor4D;
  /** Height and width of each image inside the batch, without its padding. */
  readonly sizes: readonly (readonly [number, number])[];
  /** Height and width of each image before resizing. */
  readonly originals: readonly (readonly [number, number])[];
}

/** Height and width after resizing: the shorter side becomes `minSize` unless the longer one would exceed `maxSize`. */
export function resizedSize(height: number, width: number, config: InputConfig): [height: number, width: number] {
  const { minSize: shortest, maxSize: longest, sizeRounding: rounding } = config;
  return shortestSideSize(height, width, { shortest, longest, rounding });
}

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
