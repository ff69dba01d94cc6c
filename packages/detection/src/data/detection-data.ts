/** Data of a training as it is given, and what is learned from it and scored with it. */
import { type CocoDataset, type CocoId, categoriesByName, type DataReport, dataReport } from '@icconv/coco';
import { categoryIds } from './coco-samples';

/** A COCO data set and where its pictures lie. */
export interface DetectionData {
  readonly dataset: CocoDataset;
  readonly folder: string;
  /** Only these pictures. @defaultValue all */
  readonly imageIds?: readonly CocoId[];
  /** Category of each class, where names do not tell; undefined for classes that the data set lacks. @defaultValue found by name */
  readonly categoryIds?: readonly (CocoId | undefined)[];
}

/**
 * Which category each class is in the validation set: by name, as ids of two files need not agree. Classes that it lacks are undefined, and
 * are not scored.
 *
 * @throws CocoArgumentError where several categories have a class's name.
 */
export function validationCategories(
  { dataset, categoryIds: given }: DetectionData,
  classes: readonly string[],
  trainIds: readonly (CocoId | undefined)[],
): readonly (CocoId | undefined)[] {
  return given ?? categoriesByName(dataset, classes, trainIds);
}

/** What `trainDetector` learns from, and what it scores. @throws as {@link categoryIds} and {@link validationCategories}. */
export function detectionReports(
  train: DetectionData,
  val: DetectionData | undefined,
  classes: readonly string[],
): { readonly train: DataReport; readonly val?: DataReport } {
  const ids = train.categoryIds ?? categoryIds(train.dataset, classes);
  const report = (data: DetectionData, use: DataReport['use'], all: readonly (CocoId | undefined)[]) =>
    dataReport(data.dataset, {
      ...{ task: 'boxes', use, categoryIds: all.filter((id) => id !== undefined) },
      ...(data.imageIds !== undefined && { imageIds: data.imageIds }),
    });
  return {
    train: report(train, 'training', ids),
    ...(val !== undefined && { val: report(val, 'evaluation', validationCategories(val, classes, ids)) }),
  };
}
