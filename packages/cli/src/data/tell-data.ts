/** What is learned from and scored, told before a command begins and in its JSON. */
import { listed } from '@icconv/base';
import { type DataReport, formatDataReports, groupingCategories, requireObjects } from '@icconv/coco';
import type { OpenedData } from '@icconv/coco/node';

/** Categories that are listed. */
const SHOWN = 5;

/** One part of the data, such as `train`. */
export interface ToldData {
  readonly data: OpenedData;
  readonly annotations: string;
  readonly report: DataReport;
}

/**
 * Prints the table of reports to standard error.
 *
 * @returns the reports for JSON, with the pictures that are left out.
 * @throws CocoError where nothing is left to learn from or to score.
 */
export function tellData(parts: Readonly<Record<string, ToldData | undefined>>): Record<string, object> {
  const told = Object.entries(parts).filter((entry): entry is [string, ToldData] => entry[1] !== undefined);
  console.error(formatDataReports(Object.fromEntries(told.map(([name, { report }]) => [name, report]))));
  for (const [name, { report, annotations }] of told) {
    tellOtherCategories(name, report, told[0]![1].report);
    requireObjects(report, annotations);
  }
  return Object.fromEntries(
    told.map(([name, { data, report }]) => [
      name,
      { ...report, skipped: data.skipped.map(({ name: picture, message }) => ({ name: picture, reason: message })) },
    ]),
  );
}

/** Tells how a file's categories differ from those of the first one. */
function tellOtherCategories(name: string, report: DataReport, first: DataReport): void {
  const own = new Map(report.classes.map((one) => [one.name, one.id]));
  const missing = first.classes.filter((one) => !own.has(one.name)).map((one) => one.name);
  if (missing.length > 0)
    console.error(`${name}: not scored, as the file has no category of that name: ${missing.join(', ')}`);
  const other = first.classes.filter((one) => own.has(one.name) && own.get(one.name) !== one.id);
  if (other.length === 0) return;
  const ids = other.slice(0, SHOWN).map((one) => `${one.name} ${one.id} and ${own.get(one.name)}`);
  console.error(`${name}: categories have other ids and are found by name: ${listed(ids, other.length)}`);
}

/** Tells which categories are no classes. */
export function tellGrouping({ dataset }: OpenedData, place: string): void {
  const names = groupingCategories(dataset).map(({ id, name }) => `"${name}" (id ${id})`);
  if (names.length === 0) return;
  console.error(
    `not learned, as it only groups others and has no object: ${names.join(', ')}; ${place} chooses otherwise`,
  );
}
