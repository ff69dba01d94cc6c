/** The data loader with a detector's conventions: its resizing, its normalisation, its padding. */
import type { AugmentConfig } from '@icconv/training';
import { createLoader, type Loader, type LoaderOptions } from '@icconv/training/node';
import type { InputConfig } from '../config/faster-rcnn-config';
import { pixelOptions } from '../input/prepare-pictures';
import type { DetectionSample } from './coco-samples';

export interface DetectorLoaderOptions
  extends Omit<LoaderOptions<DetectionSample>, 'pixels' | 'multipleOf' | 'augment'> {
  /** @defaultValue resizing as in inference */
  readonly augment?: AugmentConfig;
}

/** Resizing as in inference. */
export function inferenceResize({ minSize, maxSize, sizeRounding }: InputConfig): AugmentConfig {
  return { resize: { shortest: minSize, longest: maxSize, rounding: sizeRounding } };
}

/** As `createLoader`, for the network's input. An `augment` without `resize` resizes as in inference. */
export function createDetectorLoader(input: InputConfig, options: DetectorLoaderOptions): Loader<DetectionSample> {
  const { augment = {}, ...rest } = options;
  return createLoader({
    ...rest,
    augment: { ...inferenceResize(input), ...augment },
    pixels: pixelOptions(input),
    multipleOf: input.divisor,
  });
}
