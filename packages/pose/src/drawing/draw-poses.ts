/** Skeletons over a picture. */
import { drawOver, type ImageInput } from '@icconv/base/pictures';
import type { PoseResult } from '../estimator/types';
import type { Skeleton } from '../skeleton/skeleton';
import { type PosesSvgOptions, posesSvg } from './poses-svg';

export interface DrawPosesOptions extends PosesSvgOptions {
  /** @defaultValue `'png'` */
  readonly format?: 'png' | 'jpg';
}

/**
 * Draws skeletons over a picture, each person in a colour of its own; limbs fade with the less sure of their ends.
 *
 * @param image - the one that the result is of.
 * @param skeleton - of the estimator that found the people: `estimator.model.config.skeleton`.
 * @returns the picture, encoded.
 * @throws ImageDecodeError
 */
export async function drawPoses(
  image: ImageInput,
  result: PoseResult,
  skeleton: Pick<Skeleton, 'edges'>,
  { format, ...how }: DrawPosesOptions = {},
): Promise<Buffer> {
  return drawOver(image, posesSvg(result, skeleton, how), format);
}
