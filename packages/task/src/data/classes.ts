/** Classes of a network and categories of its data, for tasks that name what they find. */
import {
  type CocoDataset,
  type CocoId,
  categoriesByName,
  type DataReportOptions,
  groupingNotes,
  learnedCategories,
} from '@icconv/coco';
import { InvalidArgumentError } from '@icconv/tensor-ops';
import { z } from 'zod';
import type { ChosenNetwork, TaskTypes } from '../contract/task';

/** Field of a configuration's `data`: categories to learn, by name or id, in the order of the classes; by default all that do not only group others. */
export const categoriesField = z
  .array(z.union([z.string(), z.int()]))
  .min(1)
  .meta({ description: 'What to learn, by name or id; all that do not only group others.', examples: [['car', 7]] })
  .optional();

/**
 * Names of a data set's categories by ascending id: the class numbers 0 to K - 1 that training gives them. Gaps between ids do not matter;
 * categories that only group others are no classes.
 *
 * @throws CocoArgumentError where two categories share a name.
 */
export function classNames(dataset: CocoDataset): string[] {
  return learnedCategories(dataset).map(({ name }) => name);
}

/** What a network for some data is to learn, and which of the categories these are. */
export interface LearnedClasses extends Pick<ChosenNetwork<TaskTypes>, 'categoryIds' | 'notes'> {
  readonly classes: readonly string[];
  /** Of the categories, by class. */
  readonly ids: readonly CocoId[];
}

/** @param choice - of {@link categoriesField}. @throws CocoArgumentError as `learnedCategories` */
export function learnedClasses(dataset: CocoDataset, choice: readonly CocoId[] | undefined): LearnedClasses {
  const learned = learnedCategories(dataset, choice);
  const ids = learned.map(({ id }) => id);
  return {
    classes: learned.map(({ name }) => name),
    ids,
    categoryIds: (_, use) => (use === 'training' ? ids : undefined),
    notes: choice === undefined ? groupingNotes(dataset, 'data.categories') : [],
  };
}

/**
 * The category of each class, found by name.
 *
 * @param preferred - where several categories have a name: ids of the classes in another data set.
 * @throws InvalidArgumentError for a class to learn that the data set lacks; CocoArgumentError where two categories share its name.
 */
export function classCategories(
  dataset: CocoDataset,
  classes: readonly string[],
  use: DataReportOptions['use'],
  preferred?: readonly (CocoId | undefined)[],
): (CocoId | undefined)[] {
  const ids = categoriesByName(dataset, classes, preferred);
  const missing = ids.indexOf(undefined);
  if (missing < 0 || use === 'evaluation') return ids;
  const known = dataset.categories.map(({ name }) => name).join(', ');
  const expected = `among the categories of the data set (${known})`;
  throw new InvalidArgumentError('train', 'class', classes[missing], expected);
}
