/** COCO's metric of what a detector found. */
import {
  type CocoDataset,
  type CocoDetection,
  type CocoId,
  CocoResults,
  type Evaluation,
  evaluate,
  selectObjects,
} from '@icconv/coco';

export interface ScoreOptions {
  /** Categories of the classes; those that are undefined or that the data set lacks are not scored, nor others of its. */
  readonly categoryIds: readonly (CocoId | undefined)[];
  /** Only these pictures. @defaultValue all */
  readonly imageIds?: readonly CocoId[];
}

/** Objects without a box are scored by that of their mask; those without either do not count. */
export function scoreDetections(
  results: readonly CocoDetection[],
  dataset: CocoDataset,
  { categoryIds, imageIds }: ScoreOptions,
): Evaluation {
  const known = new Set(dataset.categories.map(({ id }) => id));
  const catIds = categoryIds.filter((id): id is CocoId => id !== undefined && known.has(id));
  const images = imageIds === undefined ? {} : { imageIds };
  const ready = selectObjects(dataset, { task: 'boxes', use: 'evaluation', categoryIds: catIds, ...images }).dataset;
  return evaluate(ready, CocoResults.parse(results as CocoDetection[]), {
    ...{ iouType: 'bbox', catIds },
    ...(imageIds !== undefined && { imgIds: imageIds }),
  });
}
