/** Lines of results, one a finished run; what stands there is not run again. */
import { existsSync, readFileSync } from 'node:fs';
import { writeAtomically } from '@icconv/base/files';
import Papa from 'papaparse';

/** A method's run, and what was measured, by name; NaN where there is nothing to measure. */
export interface Run {
  readonly method: string;
  readonly seed: number;
}

export function readRows<R extends Run>(path: string): R[] {
  if (!existsSync(path)) return [];
  const options = { header: true, skipEmptyLines: true } as const;
  const lines = Papa.parse<Record<string, string>>(readFileSync(path, 'utf8'), options).data;
  return lines.map((line) => {
    const numbers = Object.entries(line).map(([key, text]) => [key, key === 'method' ? text : Number(text)]);
    return Object.fromEntries(numbers) as R;
  });
}

export async function appendRow<R extends Run>(path: string, row: R): Promise<void> {
  const rounded = Object.fromEntries(
    Object.entries(row).map(([key, value]) => [key, typeof value === 'number' ? Number(value.toPrecision(5)) : value]),
  );
  await writeAtomically(path, `${Papa.unparse([...readRows(path), rounded], { newline: '\n' })}\n`);
}

export interface Spread {
  readonly mean: number;
  /** n - 1; NaN for one value. */
  readonly deviation: number;
}

export function spread(values: readonly number[]): Spread {
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  const square = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, deviation: values.length > 1 ? Math.sqrt(square / (values.length - 1)) : Number.NaN };
}

/** `0.953 ± 0.035`; nothing for NaN, no deviation for one value. */
export function formatSpread({ mean, deviation }: Spread, digits: number): string {
  if (Number.isNaN(mean)) return '';
  return Number.isNaN(deviation) ? mean.toFixed(digits) : `${mean.toFixed(digits)} ± ${deviation.toFixed(digits)}`;
}

/** `random-1` to `random-3` are one method. */
const family = (method: string) => method.replace(/^(random)-\d+$/, '$1');

/** Methods in order of appearance. */
export const methodsOf = (rows: readonly Run[]): string[] => [...new Set(rows.map(({ method }) => family(method)))];

/** One value for each seed, in order of seeds: the mean over patterns where there are several. */
export function bySeed<R extends Run>(
  rows: readonly R[],
  method: string,
  measure: Exclude<keyof R, 'method' | 'seed'>,
): number[] {
  const own = rows.filter((row) => family(row.method) === method);
  const seeds = [...new Set(own.map(({ seed }) => seed))].sort((a, b) => a - b);
  return seeds.map((seed) => spread(own.filter((row) => row.seed === seed).map((row) => row[measure] as number)).mean);
}

export interface Verdict {
  readonly claim: string;
  readonly value: number;
  readonly holds: boolean;
}

/** What the choice of `method` costs beside the searches of DARTS and SPOS, alone and with the training of the super-network. Rows have `superSeconds` and `selectSeconds`. */
export function costVerdicts<R extends Run>(rows: readonly R[], method: string, most: number): Verdict[] {
  const ran = new Set(methodsOf(rows));
  if (!ran.has(method)) return [];
  type Measure = Exclude<keyof R, 'method' | 'seed'>;
  const mean = (of: string, measure: 'superSeconds' | 'selectSeconds') =>
    spread(bySeed(rows, of, measure as unknown as Measure)).mean;
  return ['darts', 'spos']
    .filter((other) => ran.has(other))
    .flatMap((other) => {
      const choice = mean(method, 'selectSeconds');
      const search = mean(other, 'superSeconds') + mean(other, 'selectSeconds');
      const verdict = (what: string, value: number): Verdict => ({
        claim: `${what} costs less than ${most} of the search of ${other}`,
        value,
        holds: value < most,
      });
      return [
        verdict('the choice', choice / search),
        verdict('with the training of the super-network it', (mean(method, 'superSeconds') + choice) / search),
      ];
    });
}
