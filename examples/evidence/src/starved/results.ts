/** What the lines of a setting's results say together. */
import { bySeed, costVerdicts, formatSpread, methodsOf, type Run, type Spread, spread, type Verdict } from '../rows';
import type { Starved } from './config';

/** Measures of a run; AP over all pictures and over those of each class of size (`AP to 110`, heights in pixels). */
export interface Row extends Run {
  readonly [measure: string]: number | string;
}

/** A super-network on its way: what the best pattern by `weight-l1` and a random one would lose, and whether a search would warn. */
export interface Stage extends Run {
  readonly updates: number;
  readonly best: number;
  readonly random: number;
  readonly warns: number;
}

/** Of a trained network's C5: pixels that hold 95 % of the squared gradient of its middle, on each axis. */
export interface Field extends Run {
  readonly height: number;
  readonly width: number;
}

/** Classes of size: least height, largest height that is still in it. The last class has no end. */
export const sizeClasses = ({ sizes }: Pick<Starved, 'sizes'>): { label: string; above: number; to: number }[] => [
  ...sizes.map((to, i) => ({ label: `AP to ${to}`, above: sizes[i - 1] ?? 0, to })),
  { label: `AP above ${sizes.at(-1)}`, above: sizes.at(-1)!, to: Number.POSITIVE_INFINITY },
];

/** Differences of one measure, paired by seed; undefined where a method lacks a seed of the other. */
export function difference(rows: readonly Row[], one: string, other: string, measure = 'AP'): Spread | undefined {
  const [a, b] = [bySeed(rows, one, measure), bySeed(rows, other, measure)];
  return a.length === b.length && a.length > 0 ? spread(a.map((value, i) => value - b[i]!)) : undefined;
}

/** Of the methods that may win the one of the largest mean AP. */
export function candidateOf(rows: readonly Row[], { win }: Pick<Starved, 'win'>): string | undefined {
  const mean = (method: string) => spread(bySeed(rows, method, 'AP')).mean;
  const ran = methodsOf(rows).filter((method) => (win.of as readonly string[]).includes(method));
  return ran.toSorted((a, b) => mean(b) - mean(a))[0];
}

/** A Markdown table, methods in rows; with the costs of the choice where the configuration judges them. */
export function table(rows: readonly Row[], fields: readonly Field[], config: Starved): string {
  const costs = config.win.cost !== undefined;
  const candidate = candidateOf(rows, config);
  const labels = sizeClasses(config).map(({ label }) => label);
  const lines = methodsOf(rows).map((method) => {
    const of = (measure: string, digits: number) => formatSpread(spread(bySeed(rows, method, measure)), digits);
    const mean = (measure: string, digits: number) => {
      const value = spread(bySeed(rows, method, measure)).mean;
      return Number.isNaN(value) ? '' : value.toFixed(digits);
    };
    const ahead = candidate === undefined || candidate === method ? undefined : difference(rows, candidate, method);
    const field = spread(bySeed(fields, method, 'height')).mean;
    const choice = spread(bySeed(rows, method, 'selectSeconds')).mean;
    const cells = [
      method,
      of('AP', 3),
      ahead === undefined ? '' : formatSpread(ahead, 3),
      ...labels.map((label) => of(label, 3)),
      mean('lost', 3),
      mean('undilated', 2),
      Number.isNaN(field) ? '' : field.toFixed(0),
      mean('updates', 0),
      mean('superSeconds', 0),
      ...(costs ? [choice.toPrecision(2)] : []),
      mean('trainSeconds', 0),
      ...(costs ? [mean('searchMebibytes', 0)] : []),
    ];
    return `| ${cells.join(' | ')} |`;
  });
  const head = [
    'method',
    'AP',
    `${candidate ?? 'candidate'} minus this`,
    ...labels,
    'lost',
    'undilated',
    'field, px',
    'updates',
    'super, s',
    ...(costs ? ['choice, s'] : []),
    'network, s',
    ...(costs ? ['MiB'] : []),
  ];
  return [`| ${head.join(' | ')} |`, `| --- |${' ---: |'.repeat(head.length - 1)}`, ...lines].join('\n');
}

/** What the configuration calls a win, against the rows; claims whose methods were not run are left out. */
export function verdicts(rows: readonly Row[], config: Starved): Verdict[] {
  const candidate = candidateOf(rows, config);
  if (candidate === undefined) return [];
  const { deviations } = config.win;
  const found: Verdict[] = [];
  for (const other of ['plain-scratch', 'plain-cut', 'manual', 'random', 'darts', 'spos']) {
    const ahead = difference(rows, candidate, other);
    if (ahead === undefined) continue;
    found.push({
      claim: `${candidate} is above ${other} by more than ${deviations} deviations of the differences`,
      value: ahead.mean / ahead.deviation,
      holds: ahead.mean > 0 && ahead.mean > deviations * ahead.deviation,
    });
  }
  const gains = sizeClasses(config).map(({ label }) => difference(rows, candidate, 'plain-scratch', label)?.mean);
  if (gains.every((gain) => gain !== undefined)) {
    const others = Math.max(...gains.slice(0, -1));
    const claim = 'its gain over plain-scratch is largest for the largest objects';
    found.push({ claim, value: gains.at(-1)! - others, holds: gains.at(-1)! > others });
  }
  if (config.win.cost !== undefined) found.push(...costVerdicts(rows, candidate, config.win.cost));
  return found;
}
