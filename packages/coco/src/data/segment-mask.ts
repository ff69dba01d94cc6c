/** The masks of annotations and detections, from their columns. */

import { CocoArgumentError, CocoMaskError, CocoMismatchError } from '../errors';
import { rleFromPolygons } from '../masks/polygon';
import { decompressCounts, type Rle, rleProblem } from '../masks/rle';
import { polygonsOf, runLengthsOf, type SegmentColumns } from './segments';

export interface MaskPlace {
  /** The image's size in pixels, which polygons need; -1 where unknown. */
  readonly height: number;
  readonly width: number;
  /** Whose mask it is, for messages. */
  readonly owner: () => string;
  /** Take run lengths as they are, as pycocotools does: one that is none overlaps nothing. */
  readonly unchecked?: boolean;
}

/**
 * Mask of a row; undefined where the row has none.
 *
 * @throws CocoMaskError for run lengths that are none or not of the image's size, {@link CocoMismatchError} for a polygon without one.
 */
export function segmentToRle(segments: SegmentColumns, row: number, place: MaskPlace): Rle | undefined {
  const rle = runLengthMask(segments, row, place);
  if (rle !== undefined) {
    const problem = place.unchecked ? undefined : (rleProblem(rle) ?? sizeProblem(rle, place));
    if (problem !== undefined) throw new CocoMaskError(place.owner(), problem);
    return rle;
  }
  const polygons = polygonsOf(segments, row);
  if (polygons.length === 0) return undefined;
  const { height, width } = place;
  if (height < 0 || width < 0) {
    const need = 'a polygon needs the width and height of its image, which the images list lacks';
    throw new CocoMismatchError(`${place.owner()}: ${need}`);
  }
  return named(place, () => rleFromPolygons(polygons, height, width));
}

function runLengthMask(segments: SegmentColumns, row: number, place: MaskPlace): Rle | undefined {
  const runs = runLengthsOf(segments, row);
  if (runs === undefined) return undefined;
  const { height, width, compressed } = runs;
  const counts = compressed
    ? named(place, () => decompressCounts(runs.counts as Uint8Array))
    : Uint32Array.from(runs.counts);
  return { height, width, counts };
}

/** Why a mask is not one of its image; undefined where it is, or nothing is known of the image. */
export function sizeProblem(
  mask: { readonly height: number; readonly width: number },
  image: { readonly height: number; readonly width: number },
): string | undefined {
  if (image.height <= 0 && image.width <= 0) return undefined;
  if (mask.height === image.height && mask.width === image.width) return undefined;
  const swapped = mask.height === image.width && mask.width === image.height;
  const hint = swapped ? '; size is [height, width]' : '';
  return `it has ${mask.height} x ${mask.width} pixels, its image ${image.height} x ${image.width} (height x width)${hint}`;
}

/** Says whose mask it was that a function refused. */
function named<T>(place: MaskPlace, make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (CocoArgumentError.isInstance(error)) throw new CocoMaskError(place.owner(), error.message);
    throw error;
  }
}
