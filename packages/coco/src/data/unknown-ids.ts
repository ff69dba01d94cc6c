/** Ids that results or annotations name and the ground truth lacks, and what they look like. */
import { listed } from '@icconv/base';
import type { CocoId } from '../format/types';
import type { AnnotationColumns } from './annotation-builder';
import type { CocoDataset } from './dataset';

export interface UnknownIds {
  /** Records that name them. */
  readonly count: number;
  /** The ids, each once. */
  readonly ids: readonly CocoId[];
  /** What the ids look like; empty where they look like nothing. */
  readonly hint: string;
}

/** Ids of images in the records that the images list lacks. */
export function unknownImages(dataset: CocoDataset, columns: AnnotationColumns): UnknownIds {
  const ids = columns.imageIds.filter((id) => dataset.imageRow(id) < 0);
  const count = countOf(columns.imageIndex, columns.imageIds, new Set(ids));
  return {
    count,
    ids,
    hint: ids.length === 0 ? '' : hintOf(used(columns.imageIndex, columns.imageIds), dataset.getImgIds()),
  };
}

/** Ids of categories in the records that the categories list lacks. A file without a list has those that its annotations name. */
export function unknownCategories(dataset: CocoDataset, columns: AnnotationColumns): UnknownIds {
  const known = new Set(knownCategories(dataset));
  const ids = columns.categoryIds.filter((id) => !known.has(id));
  const count = countOf(columns.categoryIndex, columns.categoryIds, new Set(ids));
  return { count, ids, hint: ids.length === 0 ? '' : categoryHint(dataset, columns.categoryIds) };
}

/** What the categories of records look like beside those of the ground truth. */
export function categoryHint(dataset: CocoDataset, found: readonly CocoId[]): string {
  return hintOf(found, knownCategories(dataset));
}

function knownCategories(dataset: CocoDataset): readonly CocoId[] {
  return dataset.categories.length > 0 ? dataset.getCatIds() : dataset.columns.annotations.categoryIds;
}

/** "3, 5, 8, ..." */
export function listedIds(ids: readonly CocoId[]): string {
  const some = ids.slice(0, 5).map((id) => (typeof id === 'string' ? JSON.stringify(id.slice(0, 100)) : id));
  return listed(some, ids.length);
}

function countOf(index: Int32Array, ids: readonly CocoId[], wanted: ReadonlySet<CocoId>): number {
  if (wanted.size === 0) return 0;
  const counts = Uint8Array.from(ids, (id) => (wanted.has(id) ? 1 : 0));
  let count = 0;
  for (const i of index) if (i >= 0) count += counts[i]!;
  return count;
}

/** The ids that records name; the table has those of the images list too. */
function used(index: Int32Array, ids: readonly CocoId[]): CocoId[] {
  const seen = new Uint8Array(ids.length);
  for (const i of index) if (i >= 0) seen[i] = 1;
  return ids.filter((_, i) => seen[i] === 1);
}

function hintOf(found: readonly CocoId[], known: readonly CocoId[]): string {
  const isKnown = new Set(known);
  const shifted = (by: number) =>
    found.length > 0 && found.every((id) => typeof id === 'number' && isKnown.has(id + by));
  if (shifted(1)) return 'every id is one too small: they look counted from 0, the ground truth counts from 1';
  if (shifted(-1)) return 'every id is one too large: they look counted from 1, the ground truth counts from 0';
  if (found.length > 0 && found.every((id) => typeof id === 'number' && id >= 0 && id < known.length)) {
    return `they look like places 0 to ${known.length - 1} in the ground truth's list, which has ids of its own`;
  }
  if (found.some((id) => typeof id === 'string' && /^0+\d+$/.test(id) && isKnown.has(Number(id)))) {
    return 'they are strings with leading zeros, the ground truth has integers';
  }
  return '';
}
