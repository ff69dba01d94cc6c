/** What is to be known of the categories that are learned and scored, as lines of text. */
import { listed } from '@icconv/base';
import { groupingCategories } from '../data/categories';
import type { CocoDataset } from '../data/dataset';
import type { DataReport } from './report-types';

/** Categories that are listed. */
const SHOWN = 5;

/**
 * How the categories of reports differ from those of the first one, whose classes are looked for by name.
 *
 * @param reports - by name, such as `train` and `val`.
 */
export function otherCategories(reports: Readonly<Record<string, DataReport>>): string[] {
  const [first, ...others] = Object.entries(reports);
  if (first === undefined) return [];
  const { classes } = first[1];
  return others.flatMap(([name, report]) => {
    const own = new Map(report.classes.map((one) => [one.name, one.id]));
    const lines: string[] = [];
    const missing = classes.filter((one) => !own.has(one.name)).map((one) => one.name);
    if (missing.length > 0) {
      const names = listed(missing.slice(0, SHOWN), missing.length);
      lines.push(`${name}: not scored, as the data has no category of that name: ${names}`);
    }
    const other = classes.filter((one) => own.has(one.name) && own.get(one.name) !== one.id);
    if (other.length > 0) {
      const ids = other.slice(0, SHOWN).map((one) => `${one.name} ${one.id} and ${own.get(one.name)}`);
      lines.push(`${name}: categories have other ids and are found by name: ${listed(ids, other.length)}`);
    }
    return lines;
  });
}

/**
 * That categories which only group others are no classes, see {@link groupingCategories}.
 *
 * @param remedy - what chooses otherwise: `data.categories`.
 */
export function groupingNotes(dataset: CocoDataset, remedy: string): string[] {
  const names = groupingCategories(dataset).map(({ id, name }) => `"${name}" (id ${id})`);
  if (names.length === 0) return [];
  return [`not learned, as it only groups others and has no object: ${names.join(', ')}; ${remedy} chooses otherwise`];
}
