/** One line a finished run, what stands there is not run again; and what the lines say together. */
import { existsSync, readFileSync } from 'node:fs';
import { writeAtomically } from '@icconv/base/files';
import Papa from 'papaparse';
import type { Planted } from './config';

export interface Row {
  readonly method: string;
  readonly seed: number;
  /** Share of right labels; one half is chance. */
  readonly accuracy: number;
  /** Share of hidden channels with the planted dilation. */
  readonly recovery: number;
  /** The same, channels weighted by kernel norm times readout before the choice. */
  readonly weightedRecovery: number;
  /** Updates of everything that led to this network. */
  readonly updates: number;
  /** Processor seconds of the super-network's, or the search's, training; of the choice after it; of the training of the network. */
  readonly superSeconds: number;
  readonly selectSeconds: number;
  readonly trainSeconds: number;
  /** Most MiB of tensors alive in super-network, search and choice. */
  readonly searchMebibytes: number;
}

export function readRows(path: string): Row[] {
  if (!existsSync(path)) return [];
  const options = { header: true, skipEmptyLines: true } as const;
  const lines = Papa.parse<Record<string, string>>(readFileSync(path, 'utf8'), options).data;
  // The super-network has no recovery: NaN.
  return lines.map((line) => {
    const numbers = Object.entries(line).map(([key, text]) => [key, key === 'method' ? text : Number(text)]);
    return Object.fromEntries(numbers) as Row;
  });
}

export async function appendRow(path: string, row: Row): Promise<void> {
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

/** `random-1` to `random-3` are one method. */
const family = (method: string) => method.replace(/^(random)-\d+$/, '$1');

type Measure = Exclude<keyof Row, 'method' | 'seed'>;

/** Methods in order of appearance. */
export const methodsOf = (rows: readonly Row[]): string[] => [...new Set(rows.map(({ method }) => family(method)))];

/** One value for each seed, in order of seeds: the mean over patterns where there are several. */
export function bySeed(rows: readonly Row[], method: string, measure: Measure): number[] {
  const own = rows.filter((row) => family(row.method) === method);
  const seeds = [...new Set(own.map(({ seed }) => seed))].sort((a, b) => a - b);
  return seeds.map((seed) => spread(own.filter((row) => row.seed === seed).map((row) => row[measure])).mean);
}

const REFERENCE = 'edo-weight-l1';

/** A Markdown table, methods in rows. */
export function table(rows: readonly Row[]): string {
  const show = ({ mean, deviation }: Spread, digits: number) => {
    if (Number.isNaN(mean)) return '';
    return Number.isNaN(deviation) ? mean.toFixed(digits) : `${mean.toFixed(digits)} ± ${deviation.toFixed(digits)}`;
  };
  const reference = bySeed(rows, REFERENCE, 'accuracy');
  const lines = methodsOf(rows).map((method) => {
    const of = (measure: Measure, digits: number) => show(spread(bySeed(rows, method, measure)), digits);
    const accuracies = bySeed(rows, method, 'accuracy');
    const paired = accuracies.length === reference.length && method !== REFERENCE;
    const difference = paired ? show(spread(reference.map((value, i) => value - accuracies[i]!)), 3) : '';
    const cells = [
      method,
      of('accuracy', 3),
      difference,
      of('recovery', 2),
      of('weightedRecovery', 2),
      of('updates', 0).replace(/ ±.*/, ''),
    ];
    const mean = (measure: Measure) => spread(bySeed(rows, method, measure)).mean;
    const costs = [
      mean('superSeconds').toFixed(1),
      mean('selectSeconds').toPrecision(2),
      mean('trainSeconds').toFixed(1),
    ];
    return `| ${[...cells, ...costs, mean('searchMebibytes').toFixed(1)].join(' | ')} |`;
  });
  const head = [
    'method',
    'accuracy',
    `${REFERENCE} minus this`,
    'recovery',
    'weighted',
    'updates',
    'super, s',
    'choice, s',
    'network, s',
    'MiB',
  ];
  return [`| ${head.join(' | ')} |`, `| --- |${' ---: |'.repeat(head.length - 1)}`, ...lines].join('\n');
}

export interface Verdict {
  readonly claim: string;
  readonly value: number;
  readonly holds: boolean;
}

/** What the configuration calls a win, against the rows; claims whose methods were not run are left out. */
export function verdicts(rows: readonly Row[], { win }: Planted): Verdict[] {
  const ran = new Set(methodsOf(rows));
  const mean = (method: string, measure: Measure) => spread(bySeed(rows, method, measure)).mean;
  const found: Verdict[] = [];
  for (const method of ran) {
    if (!method.startsWith('edo-')) continue;
    const value = mean(method, 'weightedRecovery');
    found.push({ claim: `${method} recovers at least ${win.recovery}`, value, holds: value >= win.recovery });
  }
  for (const method of ['plain-scratch', 'plain-cut'].filter((name) => ran.has(name))) {
    const value = mean(method, 'accuracy');
    found.push({
      claim: `${method} is at chance within ${win.chance}`,
      value,
      holds: Math.abs(value - 0.5) <= win.chance,
    });
  }
  for (const method of ['darts', 'spos'].filter((name) => ran.has(name) && ran.has(REFERENCE))) {
    const choice = mean(REFERENCE, 'selectSeconds');
    const search = mean(method, 'superSeconds') + mean(method, 'selectSeconds');
    const whole = mean(REFERENCE, 'superSeconds') + choice;
    found.push({
      claim: `the choice costs less than ${win.cost} of the search of ${method}`,
      value: choice / search,
      holds: choice / search < win.cost,
    });
    found.push({
      claim: `with the training of the super-network it costs less than ${win.cost} of the search of ${method}`,
      value: whole / search,
      holds: whole / search < win.cost,
    });
  }
  return found;
}
