/**
 * From a picture to the network's input, as torchvision's `ImageClassification` makes it of an 8-bit tensor: resized by the shorter side,
 * bilinear with antialiasing and rounded, and the middle cut out. Of an image of PIL, which rounds between rows and columns too, it differs
 * by one step of 255 in up to a quarter of the values.
 *
 * Source: pytorch/vision torchvision/transforms/_presets.py and functional.py (`_compute_resized_output_size`, `center_crop`).
 */
import type { ClassifierInput } from '@icconv/task';
import { imageBatch, type PixelOptions, type RgbImage } from '@icconv/tensor-ops';
import type { Tensor4D } from '@tensorflow/tfjs-core';

/** Normalisation and resampling, in training too. Black where the cut is larger than the picture. */
export function classifierPixels({ mean, deviation }: ClassifierInput): PixelOptions {
  return { mean, std: deviation, fill: [0, 0, 0], antialias: true, round: true };
}

/** @returns float32 [1, crop, crop, 3]; the caller disposes it. */
export function prepareClassifierInput(picture: RgbImage, input: ClassifierInput): Tensor4D {
  const { size, crop } = input;
  const shorter = Math.min(picture.height, picture.width);
  /** Pixels of the picture for one of the input, and where the cut begins in them. */
  const along = (side: number): [scale: number, start: number] => {
    const resized = Math.floor((size * side) / shorter);
    const scale = side / resized;
    return [scale, scale * cutBegin(resized, crop)];
  };
  const [[scaleX, left], [scaleY, top]] = [along(picture.width), along(picture.height)];
  const map = [scaleX, 0, left, 0, scaleY, top] as const;
  const placement = { source: 0, batch: 0, top: 0, left: 0, bottom: crop, right: crop, map };
  return imageBatch([picture], [placement], { ...classifierPixels(input), shape: [1, crop, crop] });
}

/** The middle; halves by Python's `round`, and where the cut is larger by its `//`. */
function cutBegin(length: number, crop: number): number {
  const half = (length - crop) / 2;
  if (half < 0) return Math.ceil(half);
  return Number.isInteger(half) || Math.floor(half) % 2 === 0 ? Math.floor(half) : Math.ceil(half);
}
