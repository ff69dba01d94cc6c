/** Boxes with labels, and masks, over a picture. */
import { drawOver, type ImageInput } from '@icconv/base/pictures';
import type { DetectionResult } from '../detector/types';
import { detectionsSvg } from './detections-svg';

export interface DrawOptions {
  /** @defaultValue `'png'` */
  readonly format?: 'png' | 'jpg';
}

/**
 * Draws boxes with their labels and scores in percent, and masks where there are any, over a picture.
 *
 * @param image - the one that the result is of.
 * @returns the picture, encoded.
 * @throws ImageDecodeError
 * @example
 * ```ts
 * await writeFile('found.png', await drawDetections('street.jpg', await detector.detect('street.jpg')));
 * ```
 */
export async function drawDetections(
  image: ImageInput,
  result: DetectionResult,
  { format }: DrawOptions = {},
): Promise<Buffer> {
  return drawOver(image, detectionsSvg(result), format);
}
