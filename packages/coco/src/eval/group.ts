/**
 * Annotations or detections brought into the order of evaluation: category by category, image by image, then as in the file.
 * Without categories: image by image, category by category, all as one "category".
 */
import type { AnnotationColumns } from '../data/annotation-builder';
import { IdTable } from '../format/ids';
import type { CocoId } from '../format/types';
import type { EvaluationParams } from './params';
import { countingSort } from './sort';

/** K: categories (1 without categories). */
export interface Grouped {
  /** Row numbers in order of evaluation. */
  readonly rows: Int32Array;
  /** For each of `rows`, the place of its image in the sorted image ids. */
  readonly image: Int32Array;
  /** Where each category begins in `rows`; K + 1 long. */
  readonly start: Int32Array;
  /** Rows left out because their image, or their category, is not evaluated. */
  readonly skippedImages: number;
  readonly skippedCategories: number;
}

/** Looks up the places of images and categories in the evaluation's sorted ids. */
export class Places {
  private readonly images: IdTable;
  private readonly categories: IdTable;

  constructor(readonly params: EvaluationParams) {
    this.images = IdTable.of(params.imgIds);
    this.categories = IdTable.of(params.catIds);
  }

  /** -1 for an image that is not evaluated. */
  image(id: CocoId): number {
    return this.images.find(id);
  }

  category(id: CocoId): number {
    return this.categories.find(id);
  }
}

/** @param sequence - rows in the order in which they enter; all, as in the file, when absent. */
export function group(columns: AnnotationColumns, places: Places, sequence?: Int32Array): Grouped {
  const { params } = places;
  const imageRank = Int32Array.from(columns.imageIds, (id) => places.image(id));
  const categoryRank = Int32Array.from(columns.categoryIds, (id) => places.category(id));
  const n = sequence?.length ?? columns.count;
  const image = new Int32Array(columns.count);
  const category = new Int32Array(columns.count);
  const kept = new Int32Array(n);
  let count = 0;
  let skippedImages = 0;
  let skippedCategories = 0;
  for (let i = 0; i < n; i++) {
    const row = sequence === undefined ? i : sequence[i]!;
    const rank = imageRank[columns.imageIndex[row]!]!;
    const k = columns.categoryIndex[row]! < 0 ? -1 : categoryRank[columns.categoryIndex[row]!]!;
    if (rank < 0) skippedImages++;
    else if (k < 0) skippedCategories++;
    else {
      image[row] = rank;
      category[row] = k;
      kept[count++] = row;
    }
  }
  const order = kept.subarray(0, count);
  const images = params.imgIds.length;
  const categories = params.catIds.length;
  const rows = params.useCats
    ? countingSort(category, categories, countingSort(image, images, order))
    : countingSort(image, images, countingSort(category, categories, order));
  const start = new Int32Array((params.useCats ? categories : 1) + 1);
  if (params.useCats) {
    for (let i = 0; i < count; i++) start[category[rows[i]!]! + 1]!++;
    for (let k = 1; k < start.length; k++) start[k]! += start[k - 1]!;
  } else start[1] = count;
  const imageOf = new Int32Array(count);
  for (let i = 0; i < count; i++) imageOf[i] = image[rows[i]!]!;
  return { rows, image: imageOf, start, skippedImages, skippedCategories };
}
