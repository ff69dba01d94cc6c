import { isRle } from '../../data/object-box';
import type { CocoRle, CocoSegmentation } from '../../format/types';
import { type MaskDecodeOptions, rleFromCoco } from '../../masks/rle';
import { joinOutlines } from './join';
import { traceMask } from './trace';

/**
 * The polygons [x1, y1, x2, y2, ...] of a mask. Run lengths are traced along their pixels, to one polygon that `rleFromPolygon` makes the
 * same run lengths of; parts and holes are reached by lines without width. None for a mask without pixels, or parts of fewer than three
 * points.
 *
 * @throws {@link CocoArgumentError} for run lengths that are none, or are of more pixels than `maxPixels`.
 */
export function maskPolygons(segmentation: CocoSegmentation, options: MaskDecodeOptions = {}): number[][] {
  if (!isRle(segmentation)) return segmentation.filter(({ length }) => length >= 6).map((part) => [...part]);
  const polygon = joinOutlines(maskOutlines(segmentation, options));
  return polygon.length === 0 ? [] : [polygon];
}

/**
 * The closed outlines [x1, y1, x2, y2, ...] of a mask's parts and holes, along their pixels, those of holes the other way round: what an SVG
 * path of `fill-rule="evenodd"` fills.
 *
 * @throws {@link CocoArgumentError} for run lengths that are none, or are of more pixels than `maxPixels`.
 */
export function maskOutlines(mask: CocoRle, options: MaskDecodeOptions = {}): number[][] {
  return traceMask(rleFromCoco(mask), options);
}
