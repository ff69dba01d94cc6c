/** Counts and histograms of a dataset. */
import type { CocoDataset } from '../data/dataset';
import type { CocoId } from '../format/types';
import { HAS } from '../json/record';

export interface Bin {
  readonly label: string;
  readonly count: number;
}

export interface DatasetStatistics {
  readonly images: number;
  readonly imagesWithoutObjects: number;
  readonly annotations: number;
  readonly crowds: number;
  readonly categories: number;
  readonly categoriesWithoutObjects: number;
  readonly withMask: number;
  readonly withKeypoints: number;
  /** Images by number of objects. */
  readonly objectsPerImage: readonly Bin[];
  /** Annotations by square root of the area in pixels; 32 and 96 part COCO's small, medium and large. */
  readonly sizes: readonly Bin[];
  /** Annotations by category, most frequent first. */
  readonly classes: readonly (Bin & { readonly id: CocoId })[];
}

const COUNTS = [0, 1, 2, 3, 5, 8, 12, 20, 30, 50, 100];
const SIZES = [0, 8, 16, 32, 64, 96, 160, 256, 400, 640];

export function datasetStatistics(dataset: CocoDataset): DatasetStatistics {
  const { annotations: a, images } = dataset.columns;
  const byImage = new Int32Array(a.imageIds.length);
  const byCategory = new Int32Array(a.categoryIds.length);
  const sizes = new Int32Array(SIZES.length);
  let [crowds, withMask, withKeypoints] = [0, 0, 0];
  for (let row = 0; row < a.count; row++) {
    byImage[a.imageIndex[row]!]!++;
    if (a.categoryIndex[row]! >= 0) byCategory[a.categoryIndex[row]!]!++;
    crowds += a.iscrowd[row]!;
    if (a.segments !== undefined && a.segments.kind[row] !== 0) withMask++;
    if ((a.present[row]! & HAS.keypoints) !== 0) withKeypoints++;
    const area = Number.isNaN(a.area[row]!) ? a.bbox[row * 4 + 2]! * a.bbox[row * 4 + 3]! : a.area[row]!;
    sizes[place(SIZES, Math.sqrt(Math.max(0, area)))]!++;
  }
  const counts = new Int32Array(COUNTS.length);
  let imagesWithoutObjects = 0;
  for (const index of images.idIndex) {
    counts[place(COUNTS, byImage[index]!)]!++;
    if (byImage[index] === 0) imagesWithoutObjects++;
  }
  const counted = new Map(a.categoryIds.map((id, i) => [id, byCategory[i]!]));
  const classes = dataset.categories
    .map((c) => ({ id: c.id, label: c.name, count: counted.get(c.id) ?? 0 }))
    .sort((x, y) => y.count - x.count);
  return {
    images: images.count,
    imagesWithoutObjects,
    annotations: a.count,
    crowds,
    categories: dataset.categories.length,
    categoriesWithoutObjects: classes.filter((c) => c.count === 0).length,
    withMask,
    withKeypoints,
    objectsPerImage: COUNTS.map((from, i) => ({ label: countLabel(from, COUNTS[i + 1]), count: counts[i]! })),
    sizes: SIZES.map((from, i) => ({ label: sizeLabel(from, SIZES[i + 1]), count: sizes[i]! })),
    classes,
  };
}

/** Last bin that begins at or below the value. */
function place(starts: readonly number[], value: number): number {
  let i = starts.length - 1;
  while (i > 0 && value < starts[i]!) i--;
  return i;
}

function countLabel(from: number, next: number | undefined): string {
  if (next === undefined) return `${from}+`;
  return next - from === 1 ? String(from) : `${from}-${next - 1}`;
}

function sizeLabel(from: number, next: number | undefined): string {
  return next === undefined ? `${from}+ px` : `${from}-${next} px`;
}
