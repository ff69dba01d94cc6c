/** Data reports as text. */
import { type DataReport, some } from './data-report';

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
  const rows: string[][] = [
    ['', ...entries.map(([name]) => name)],
    ['pictures', ...entries.map(([, { pictures }]) => String(pictures))],
    ['  without objects', ...entries.map(([, report]) => String(report.picturesWithoutObjects))],
    ['objects', ...entries.map(([, { objects }]) => String(objects))],
    ...shown.map((name) => [
      `  ${name}`,
      ...entries.map(([, { classes }]) => String(classes.find((one) => one.name === name)?.objects ?? '-')),
    ]),
    ['left out', ...entries.map(([, report]) => String(report.leftOut.reduce((sum, { count }) => sum + count, 0)))],
  ];
  const lines = table(rows);
  if (names.length > shown.length) lines.splice(lines.length - 1, 0, `  ... and ${names.length - shown.length} more`);
  for (const [name, report] of entries) {
    for (const { count, message, examples } of report.leftOut)
      lines.push(`${name}: left out: ${count} ${message}${some(examples, count)}`);
    for (const { count, message, examples } of report.notes)
      lines.push(`${name}: ${count} ${message}${some(examples, count)}`);
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
