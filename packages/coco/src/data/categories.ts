/** Categories as classes to learn: which of them are meant, and which category of another file is the same. */
import { CocoArgumentError } from '../errors';
import { canonicalId, compareIds } from '../format/ids';
import type { CocoCategory, CocoId } from '../format/types';
import type { CocoDataset } from './dataset';

/** What exporters write for a category that has none above it. */
const NOTHING_ABOVE = new Set(['', 'none', 'null']);

/**
 * Categories that only group others: named as `supercategory` by others, with none above them, and without a single object. Roboflow
 * writes one as the first category of every export; learned as a class, it would never be seen.
 */
export function groupingCategories(dataset: CocoDataset): CocoCategory[] {
  const { categories } = dataset;
  const used = usedCategories(dataset);
  return categories.filter(
    ({ id, name, supercategory }) =>
      !used.has(id) &&
      (supercategory === undefined || supercategory === null || NOTHING_ABOVE.has(supercategory.toLowerCase())) &&
      categories.some((other) => other.id !== id && other.supercategory === name),
  );
}

/**
 * Categories to learn, by ascending id: those that are chosen by name or id in the order of the choice, else all that do not only group
 * others ({@link groupingCategories}).
 *
 * @throws {@link CocoArgumentError} for a choice that is not there, and for two categories of one name: classes are told apart by it.
 */
export function learnedCategories(dataset: CocoDataset, choice?: readonly CocoId[]): CocoCategory[] {
  const grouping = new Set(groupingCategories(dataset));
  const learned =
    choice === undefined
      ? dataset.categories.filter((one) => !grouping.has(one)).sort((a, b) => compareIds(a.id, b.id))
      : choice.map((wanted) => chosenCategory(dataset, wanted));
  for (const [i, { id, name }] of learned.entries()) {
    const twin = learned.slice(0, i).find((other) => other.name === name);
    if (twin === undefined) continue;
    const expected = `told apart by their names; choose by id which to learn, or rename one (${list(dataset)})`;
    throw new CocoArgumentError('categories', `${show(twin.id)} and ${show(id)}`, name, expected);
  }
  return learned;
}

/**
 * The id of the category of each class, found by name: ids of two files need not agree. Of several categories of one name that with the id
 * of `ids` is taken, else the only one with objects. Undefined for a class that the dataset lacks.
 *
 * @param ids - of the classes in another file.
 * @throws {@link CocoArgumentError} where it cannot be told which of several is meant.
 */
export function categoriesByName(
  dataset: CocoDataset,
  classes: readonly string[],
  ids: readonly (CocoId | undefined)[] = [],
): (CocoId | undefined)[] {
  let used: ReadonlySet<CocoId> | undefined;
  return classes.map((name, i) => {
    let found = dataset.categories.filter((category) => category.name === name);
    const same = found.find(({ id }) => id === ids[i]);
    if (same !== undefined) return same.id;
    if (found.length > 1) {
      used ??= usedCategories(dataset);
      const seen = found.filter(({ id }) => used!.has(id));
      if (seen.length === 1) found = seen;
    }
    if (found.length <= 1) return found[0]?.id;
    const expected = `the name of one category only; choose by id which to learn, or rename one (${list(dataset)})`;
    throw new CocoArgumentError('categories', 'class', name, expected);
  });
}

function chosenCategory(dataset: CocoDataset, wanted: CocoId): CocoCategory {
  const named = dataset.categories.filter(({ name }) => name === wanted);
  if (named.length === 1) return named[0]!;
  if (named.length === 0) {
    const found = dataset.categories.find(({ id }) => id === canonicalId(wanted));
    if (found !== undefined) return found;
  }
  const expected =
    named.length === 0
      ? `among the categories of the dataset (${list(dataset)})`
      : `the name of one category only; give its id instead (${list(dataset)})`;
  throw new CocoArgumentError('categories', 'category', wanted, expected);
}

function usedCategories(dataset: CocoDataset): Set<CocoId> {
  const { categoryIds, categoryIndex } = dataset.columns.annotations;
  const seen = new Uint8Array(categoryIds.length);
  for (const index of categoryIndex) if (index >= 0) seen[index] = 1;
  return new Set(categoryIds.filter((_, index) => seen[index] === 1));
}

const SHOWN = 20;
const show = (id: CocoId) => `id ${id}`;

function list({ categories }: CocoDataset): string {
  const shown = categories.slice(0, SHOWN).map(({ id, name }) => `${id} ${name}`);
  if (categories.length > SHOWN) shown.push(`and ${categories.length - SHOWN} more`);
  return shown.join(', ') || 'none';
}
