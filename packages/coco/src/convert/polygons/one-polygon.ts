/** A mask as the one polygon that a format can hold. */
import type { PictureSize } from '@icconv/base';
import { isRle } from '../../data/object-box';
import type { CocoSegmentation } from '../../format/types';
import { rleFromPolygon, rleFromPolygons } from '../../masks/polygon';
import { type Rle, rleArea, rleFromCoco } from '../../masks/rle';
import { clipPolygon } from '../clip';
import { joinOutlines } from './join';
import { traceMask } from './trace';

export interface OnePolygon {
  readonly polygon: readonly number[];
  /** What had to be done for it. */
  readonly changes: readonly ('clipped' | 'parts-joined' | 'mask-traced')[];
}

/** Parts whose joined outline covers another area than they do, by more than this, overlap. */
const OVERLAP = 0.01;

/**
 * The polygon [x1, y1, ...] inside the picture that covers what the mask covers. Parts are joined by lines without width; parts that
 * overlap, and run lengths, are traced along their pixels. Otherwise the reason why there is none.
 */
export function onePolygon(
  segmentation: CocoSegmentation,
  size: PictureSize,
): OnePolygon | 'no-mask' | 'outside' | 'mask-size' {
  if (isRle(segmentation)) {
    const [height, width] = segmentation.size;
    if (height !== size.height || width !== size.width) return 'mask-size';
    return traced(rleFromCoco(segmentation)) ?? 'no-mask';
  }
  const whole = segmentation.filter((part) => part.length >= 6 && part.every(Number.isFinite));
  if (whole.length === 0) return 'no-mask';
  const clipped = whole.map((part) => clipPolygon(part, size));
  const parts = clipped.map(({ polygon }) => polygon).filter((part) => part.length >= 6);
  if (parts.length === 0) return 'outside';
  const cut = clipped.some((part) => part.clipped) ? (['clipped'] as const) : [];
  if (parts.length === 1) return { polygon: parts[0]!, changes: cut };
  const joined = joinOutlines(parts);
  const mask = rleFromPolygons(parts, size.height, size.width);
  const area = rleArea(mask);
  if (Math.abs(rleArea(rleFromPolygon(joined, size.height, size.width)) - area) > OVERLAP * area) {
    const outline = traced(mask);
    if (outline !== undefined) return { polygon: outline.polygon, changes: [...cut, ...outline.changes] };
  }
  return { polygon: joined, changes: [...cut, 'parts-joined'] };
}

function traced(mask: Rle): OnePolygon | undefined {
  const outlines = traceMask(mask);
  if (outlines.length === 0) return undefined;
  return { polygon: joinOutlines(outlines), changes: ['mask-traced'] };
}
