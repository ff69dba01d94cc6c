/** Data reports as text. */
import { some } from './object-counts';
import type { DataReport } from './report-types';

const CLASSES = 20;

/**
 * A table of reports side by side, and below it what is left out and what is to be known.
 *
 * @param reports - by name, such as `train` and `val`. @param options.classes - classes listed (default 20).
 */
export function formatDataReports(
  reports: Readonly<Record<string, DataReport>>,
  options: { readonly classes?: number } = {},
): string {
  const entries = Object.entries(reports);
  const names = [...new Set(entries.flatMap(([, { classes }]) => classes.map(({ name }) => name)))];
  const shown = names.slice(0, options.classes ?? CLASSES);
  const labels = entries.length > 0 && entries.every(([, { task }]) => task === 'labels');
  const rows: string[][] = [
    ['', ...entries.map(([name]) => name)],
    ['pictures', ...entries.map(([, { pictures }]) => String(pictures))],
    [
      labels ? '  without label' : '  without objects',
      ...entries.map(([, report]) => String(report.picturesWithoutObjects)),
    ],
    [labels ? 'labels' : 'objects', ...entries.map(([, { objects }]) => String(objects))],
    ...shown.map((name) => [
      `  ${name}`,
      ...entries.map(([, { classes }]) => String(classes.find((one) => one.name === name)?.objects ?? '-')),
    ]),
    ['left out', ...entries.map(([, report]) => String(report.leftOut.reduce((sum, { count }) => sum + count, 0)))],
  ];
  const lines = table(rows);
  if (names.length > shown.length) lines.splice(lines.length - 1, 0, `  ... and ${names.length - shown.length} more`);
  for (const [name, report] of entries) {
    for (const one of report.leftOut) lines.push(`${name}: left out: ${one.count} ${one.message}${some(one)}`);
    for (const one of report.notes) lines.push(`${name}: ${one.count} ${one.message}${some(one)}`);
  }
  return lines.join('\n');
}

function table(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows.map((row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]! + 2)))
      .join('')
      .trimEnd(),
  );
}
