/** One line a finished run; what stands there is not run again. */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import Papa from 'papaparse';

export interface Row {
  readonly setting: string;
  readonly method: string;
  readonly seed: number;
  readonly epochs: number;
  readonly AP: number;
  readonly AP50: number;
  readonly AP75: number;
  readonly APsmall: number;
  readonly APmedium: number;
  readonly APlarge: number;
  /** Mean over layers of what the pattern loses of the super-network by the L1 norm of weights. */
  readonly lostWeight: number | '';
  readonly undilated: number | '';
  readonly minutes: number;
}

export function readRows(path: string): Row[] {
  if (!existsSync(path)) return [];
  return Papa.parse<Row>(readFileSync(path, 'utf8'), { header: true, dynamicTyping: true, skipEmptyLines: true }).data;
}

export function appendRow(path: string, row: Row): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(`${path}.part`, `${Papa.unparse([...readRows(path), row], { newline: '\n' })}\n`);
  renameSync(`${path}.part`, path);
}

/** Mean and standard deviation (n - 1) over seeds, by method in order of appearance. */
export function summarize(rows: readonly Row[]): { method: string; runs: number; mean: number; deviation: number }[] {
  return [...new Set(rows.map(({ method }) => method))].map((method) => {
    const values = rows.filter((row) => row.method === method).map(({ AP }) => AP);
    const mean = values.reduce((a, b) => a + b, 0) / values.length;
    const square = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
    return {
      method,
      runs: values.length,
      mean,
      deviation: values.length > 1 ? Math.sqrt(square / (values.length - 1)) : Number.NaN,
    };
  });
}
