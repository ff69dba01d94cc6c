/** Training samples from a COCO data set: boxes as corners, categories as class numbers 0 to K - 1. */
import { join } from 'node:path';
import type { CocoDataset, CocoId } from '@icconv/coco';
import { InvalidArgumentError } from '@icconv/tensor-ops';
import type { Box, Sample, SampleObject, SampleSource } from '@icconv/training';

export interface DetectionObject extends SampleObject {
  readonly box: Box;
  /** 0 to K - 1. */
  readonly classIndex: number;
}

export interface DetectionSample extends Sample<DetectionObject> {
  readonly imageId: CocoId;
}

export interface CocoSamplesOptions {
  /** Where the pictures lie; `file_name` is resolved against it. */
  readonly folder: string;
  /** Names of the classes in the order of their numbers. @defaultValue {@link classNames} of the data set */
  readonly classes?: readonly string[];
  /** Only these pictures. @defaultValue all */
  readonly imageIds?: readonly CocoId[];
  /** Leave out pictures without a box. @defaultValue `false`: they teach what is background */
  readonly skipEmpty?: boolean;
}

/** Names of a data set's categories by ascending id: the class numbers 0 to K - 1 that training gives them. Gaps between ids do not matter. */
export function classNames(dataset: CocoDataset): string[] {
  return [...dataset.categories].sort(byId).map(({ name }) => name);
}

/**
 * Ids of the data set's categories by class number.
 *
 * @throws {@link InvalidArgumentError} where the data set lacks a class, or two categories share its name.
 */
export function categoryIds(dataset: CocoDataset, classes: readonly string[]): CocoId[] {
  return classes.map((name) => {
    const found = dataset.categories.filter((category) => category.name === name);
    if (found.length === 1) return found[0]!.id;
    const known = dataset.categories.map((category) => category.name).join(', ');
    const problem = found.length === 0 ? 'among the categories of the data set' : 'the name of one category only';
    throw new InvalidArgumentError('categoryIds', 'class', name, `${problem} (${known})`);
  });
}

/**
 * A source for `createLoader`.
 *
 * Crowds teach nothing about single objects and are left out, as in torchvision's reference training; so are boxes without width or
 * height, and, with `classes`, objects of other categories. Pictures without a box stay.
 *
 * @throws {@link InvalidArgumentError} for a data set without pictures, or classes that it lacks.
 */
export function cocoSamples(dataset: CocoDataset, options: CocoSamplesOptions): SampleSource<DetectionSample> {
  const { folder, classes = classNames(dataset), skipEmpty = false } = options;
  const classOf = new Map(categoryIds(dataset, classes).map((id, index) => [id, index]));
  const samples: DetectionSample[] = [];
  const sizes: ({ height: number; width: number } | undefined)[] = [];
  for (const image of dataset.loadImgs(options.imageIds ?? dataset.getImgIds())) {
    const objects: DetectionObject[] = [];
    for (const { bbox, category_id, iscrowd } of dataset.loadAnns(dataset.getAnnIds({ imgIds: image.id }))) {
      const classIndex = category_id === undefined ? undefined : classOf.get(category_id);
      if (bbox === undefined || classIndex === undefined || iscrowd === 1) continue;
      const [x, y, width, height] = bbox as [number, number, number, number];
      if (width > 0 && height > 0) objects.push({ box: [x, y, x + width, y + height], classIndex });
    }
    if (skipEmpty && objects.length === 0) continue;
    if (image.file_name === undefined) {
      throw new InvalidArgumentError('cocoSamples', 'file_name', undefined, `given for image ${image.id}`);
    }
    samples.push({ image: join(folder, image.file_name), name: image.file_name, objects, imageId: image.id });
    const { height, width } = image;
    sizes.push(height === undefined || width === undefined ? undefined : { height, width });
  }
  if (samples.length === 0) {
    throw new InvalidArgumentError('cocoSamples', 'dataset', 'no pictures', 'a data set with pictures to train on');
  }
  return {
    length: samples.length,
    get: (index) => samples[index]!,
    ...(sizes.every((size) => size !== undefined) && { size: (index: number) => sizes[index]! }),
  };
}

function byId(a: { readonly id: CocoId }, b: { readonly id: CocoId }): number {
  if (typeof a.id === 'number' && typeof b.id === 'number') return a.id - b.id;
  return String(a.id) < String(b.id) ? -1 : 1;
}
