/** Data as a task sees it: which category each class is, what is learned and scored. */
import { defined } from '@icconv/base';
import { type CocoId, type DataReport, type DataReportOptions, requireObjects, selectObjects } from '@icconv/coco';
import { type CocoData, describeDataset } from '@icconv/coco/node';
import type { RunSettings } from '@icconv/training/node';
import type { BoundData, Task, TaskTypes } from '../contract/task';

/** Categories that are given count; others are found. @throws InvalidArgumentError where data and network do not fit. */
export function bindData<T extends TaskTypes>(
  task: Task<T>,
  model: T['model'],
  data: CocoData,
  use: DataReportOptions['use'],
  preferred?: readonly (CocoId | undefined)[],
): BoundData {
  const categoryIds = data.categoryIds ?? task.data.categories(data.dataset, model, use, preferred);
  return { ...data, categoryIds };
}

/** Ids of the network's classes that the data set has. */
export function knownCategories({ dataset, categoryIds }: BoundData): CocoId[] {
  const known = new Set(dataset.categories.map(({ id }) => id));
  return categoryIds.filter((id): id is CocoId => id !== undefined && known.has(id));
}

/** The objects of bound data that are learned or scored. @throws as `selectObjects`. */
export function boundObjects(task: DataReportOptions['task'], data: BoundData, use: DataReportOptions['use']) {
  const { dataset, imageIds } = data;
  return selectObjects(dataset, { task, use, categoryIds: knownCategories(data), ...defined({ imageIds }) });
}

/** What is used of bound data, and what is left out and why. */
export function reportOf(kind: DataReportOptions['task'], data: BoundData, use: DataReportOptions['use']): DataReport {
  return boundObjects(kind, data, use).report;
}

export interface TrainingData {
  readonly train: BoundData;
  readonly val?: BoundData;
  readonly reports: { readonly train: DataReport; readonly val?: DataReport };
}

/** @throws InvalidArgumentError where data and network do not fit. */
export function bindTrainingData<T extends TaskTypes>(
  task: Task<T>,
  model: T['model'],
  given: { readonly train: CocoData; readonly val?: CocoData },
): TrainingData {
  const train = bindData(task, model, given.train, 'training');
  const val = given.val && bindData(task, model, given.val, 'evaluation', train.categoryIds);
  const kind = task.data.kind(model);
  const reports = {
    train: reportOf(kind, train, 'training'),
    ...defined({ val: val && reportOf(kind, val, 'evaluation') }),
  };
  return { train, ...defined({ val }), reports };
}

/** @throws CocoError where nothing is left to learn from, or to score. */
export function requireTrainingData({ reports }: TrainingData): void {
  requireObjects(reports.train, 'training data');
  if (reports.val !== undefined) requireObjects(reports.val, 'validation data');
}

/** What is written down of data, for a run to know it again: with what is used of it, where that is not all. */
export function describeData({ dataset, imageIds, categoryIds }: CocoData): RunSettings {
  return { ...describeDataset(dataset), ...defined({ imageIds, categoryIds }) };
}
