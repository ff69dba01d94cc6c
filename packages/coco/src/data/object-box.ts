/** The box of an object that may have none of its own: the format lets `bbox` be absent where there is a mask. */

import type { CocoAnnotation, CocoRle, CocoSegmentation } from '../format/types';
import { rleFromCoco, rleToBbox } from '../masks/rle';

/** [x, y, width, height] in pixels; width and height are positive. */
export type ObjectBox = [x: number, y: number, width: number, height: number];

/**
 * The box of an annotation: its `bbox`; where that is absent or has no extent, the smallest box around its mask. Undefined where neither
 * has width and height, which is for the caller to count.
 *
 * @throws {@link CocoArgumentError} for run lengths that are none.
 */
export function boxOf({ bbox, segmentation }: Pick<CocoAnnotation, 'bbox' | 'segmentation'>): ObjectBox | undefined {
  return withExtent(bbox) ?? (segmentation === undefined ? undefined : boxOfSegmentation(segmentation));
}

/** Smallest box around a mask; undefined where it has no extent. */
export function boxOfSegmentation(segmentation: CocoSegmentation): ObjectBox | undefined {
  return withExtent(isRle(segmentation) ? rleToBbox(rleFromCoco(segmentation)) : extentOf(segmentation));
}

/** Run lengths and not polygons. */
export function isRle(segmentation: CocoSegmentation): segmentation is CocoRle {
  return 'counts' in segmentation;
}

/** Of all parts together; a part of fewer than three points encloses nothing. */
function extentOf(polygons: readonly (readonly number[])[]): number[] {
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const polygon of polygons) {
    if (polygon.length < 6) continue;
    for (let i = 0; i + 1 < polygon.length; i += 2) {
      left = Math.min(left, polygon[i]!);
      right = Math.max(right, polygon[i]!);
      top = Math.min(top, polygon[i + 1]!);
      bottom = Math.max(bottom, polygon[i + 1]!);
    }
  }
  return [left, top, right - left, bottom - top];
}

function withExtent(box: readonly number[] | undefined): ObjectBox | undefined {
  if (box?.length !== 4 || !box.every(Number.isFinite)) return undefined;
  return box[2]! > 0 && box[3]! > 0 ? ([...box] as ObjectBox) : undefined;
}
