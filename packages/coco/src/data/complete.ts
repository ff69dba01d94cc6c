/** What a file may leave out and the rest of it tells: boxes of objects that have only a mask, sizes of pictures. */

import type { PictureSize } from '@icconv/base';
import { CocoArgumentError, CocoMaskError } from '../errors';
import type { CocoId } from '../format/types';
import { HAS } from '../json/record';
import { CocoDataset } from './dataset';
import { boxOf, type ObjectBox } from './object-box';

/** The dataset with the sizes of upright pictures where the images list has none; itself where nothing is to be filled in. */
export function withSizes(dataset: CocoDataset, sizes: ReadonlyMap<CocoId, PictureSize>): CocoDataset {
  const { images, annotations } = dataset.columns;
  const [width, height] = [images.width.slice(), images.height.slice()];
  let filled = false;
  for (let row = 0; row < images.count; row++) {
    if (width[row]! > 0 && height[row]! > 0) continue;
    const size = sizes.get(annotations.imageIds[images.idIndex[row]!]!);
    if (size === undefined) continue;
    width[row] = size.width;
    height[row] = size.height;
    filled = true;
  }
  if (!filled) return dataset;
  return new CocoDataset({ ...dataset.columns, images: { ...images, width, height, sizesFilled: true } });
}

/**
 * The dataset with a `bbox` for each annotation that lacks one, or has one without width and height, and has a mask; itself where there is
 * none.
 *
 * @throws CocoMaskError for run lengths that are none.
 */
export function withBoxes(dataset: CocoDataset): CocoDataset {
  const filled = filledBoxes(dataset);
  if (filled === undefined) return dataset;
  return new CocoDataset({ ...dataset.columns, annotations: { ...dataset.columns.annotations, ...filled } });
}

function filledBoxes(dataset: CocoDataset) {
  const { annotations } = dataset.columns;
  if (annotations.segments === undefined) return undefined;
  let filled: { readonly bbox: Float64Array; readonly present: Uint16Array } | undefined;
  for (let row = 0; row < annotations.count; row++) {
    if (annotations.segments.kind[row] === 0 || hasBox(dataset, row)) continue;
    const box = boxOfRow(dataset, row);
    if (box === undefined) continue;
    filled ??= { bbox: annotations.bbox.slice(), present: annotations.present.slice() };
    filled.bbox.set(box, row * 4);
    filled.present[row] = filled.present[row]! | HAS.bbox;
  }
  return filled;
}

function boxOfRow(dataset: CocoDataset, row: number): ObjectBox | undefined {
  try {
    return boxOf(dataset.annotation(row));
  } catch (error) {
    if (!CocoArgumentError.isInstance(error)) throw error;
    throw new CocoMaskError(`annotation ${dataset.annotationId(row) ?? `in row ${row + 1}`}`, error.message);
  }
}

/** Whether an annotation has a box with width and height, by its row. */
export function hasBox(dataset: CocoDataset, row: number): boolean {
  const { present, bbox } = dataset.columns.annotations;
  return (present[row]! & HAS.bbox) !== 0 && bbox[row * 4 + 2]! > 0 && bbox[row * 4 + 3]! > 0;
}
