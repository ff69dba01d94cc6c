/** Labels of whole pictures in data of COCO's shape, and training samples of them. */
import { type CocoDataset, type CocoId, type DataReportOptions, requireObjects } from '@icconv/coco';
import { pictureFiles } from '@icconv/coco/node';
import { type BoundData, boundObjects, classCategories, IMAGENET_CLASSES } from '@icconv/task';
import type { Sample, SampleSource } from '@icconv/training/node';

export interface LabelSample extends Sample {
  readonly classIndex: number;
}

/**
 * The category of each picture that has one label, as `selectObjects` chooses it: pictures without a label and those with labels of several
 * classes are neither learned nor scored.
 *
 * @throws CocoError where there is none, or in training one class only.
 */
export function pictureLabels(data: BoundData, use: DataReportOptions['use']): Map<CocoId, CocoId> {
  const { used, report } = boundObjects('labels', data, use);
  requireObjects(report, 'data');
  const { imageIds: images, imageIndex, categoryIds: categories, categoryIndex } = data.dataset.columns.annotations;
  const labelled = [...used.keys()].filter((row) => used[row] === 1);
  return new Map(labelled.map((row) => [images[imageIndex[row]!]!, categories[categoryIndex[row]!]!]));
}

/** A source for `createLoader`. @throws as {@link pictureLabels} and `pictureFiles` */
export function cocoLabels(data: BoundData): SampleSource<LabelSample> {
  const labels = pictureLabels(data, 'training');
  const classOf = new Map(data.categoryIds.map((id, index) => [id, index]));
  const samples = pictureFiles(data).flatMap(({ imageId, ...picture }) =>
    labels.has(imageId) ? [{ ...picture, objects: [], classIndex: classOf.get(labels.get(imageId))! }] : [],
  );
  return { length: samples.length, get: (index) => samples[index]! };
}

const WORDNET_ID = /^n\d{8}$/;

/**
 * The category of each class by name. ImageNet's folders are called by WordNet's ids, in whose order its classes are.
 *
 * @throws as `classCategories`
 */
export function labelCategories(
  dataset: CocoDataset,
  classes: readonly string[],
  ...how: [use: DataReportOptions['use'], preferred?: readonly (CocoId | undefined)[]]
): (CocoId | undefined)[] {
  const { categories } = dataset;
  const ofImageNet =
    [classes, categories].every(({ length }) => length === IMAGENET_CLASSES) &&
    categories.every(({ name }) => WORDNET_ID.test(name)) &&
    !WORDNET_ID.test(classes[0]!);
  if (!ofImageNet) return classCategories(dataset, classes, ...how);
  return [...categories].sort((a, b) => (a.name < b.name ? -1 : 1)).map(({ id }) => id);
}
