/** What is learned from and scored, told before a command begins and in its JSON. */
import { type DataReport, formatDataReports, otherCategories, requireObjects } from '@icconv/coco';
import type { OpenedData } from '@icconv/coco/node';

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
  const reports = Object.fromEntries(told.map(([name, { report }]) => [name, report]));
  for (const text of [formatDataReports(reports), ...otherCategories(reports)]) console.error(text);
  for (const [, { report, annotations }] of told) requireObjects(report, annotations);
  return Object.fromEntries(
    told.map(([name, { data, report }]) => [
      name,
      { ...report, skipped: data.skipped.map(({ name: picture, message }) => ({ name: picture, reason: message })) },
    ]),
  );
}
