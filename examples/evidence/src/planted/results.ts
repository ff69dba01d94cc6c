/** What the lines of results hold, and what they say together. */
import { bySeed, costVerdicts, formatSpread, methodsOf, type Run, spread, type Verdict } from '../rows';
import type { Planted } from './config';

export interface Row extends Run {
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

type Measure = Exclude<keyof Row, 'method' | 'seed'>;

const REFERENCE = 'edo-weight-l1';

/** A Markdown table, methods in rows. */
export function table(rows: readonly Row[]): string {
  const reference = bySeed(rows, REFERENCE, 'accuracy');
  const lines = methodsOf(rows).map((method) => {
    const of = (measure: Measure, digits: number) => formatSpread(spread(bySeed(rows, method, measure)), digits);
    const accuracies = bySeed(rows, method, 'accuracy');
    const paired = accuracies.length === reference.length && method !== REFERENCE;
    const difference = paired ? formatSpread(spread(reference.map((value, i) => value - accuracies[i]!)), 3) : '';
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
  found.push(...costVerdicts(rows, REFERENCE, win.cost));
  return found;
}
