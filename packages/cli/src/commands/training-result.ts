/** How a training ended, for people and as JSON. */
import { counted } from '@icconv/base';
import type { TrainResult } from '@icconv/training/node';
import type { Command } from 'commander';
import { INTERRUPTED } from '../ui/failure';
import { table } from '../ui/table';

export interface TrainingEnd {
  readonly folder: string;
  readonly minutes: number;
  /** What was learned and scored. */
  readonly data: Readonly<Record<string, object>>;
}

/** The command line that goes on with a run: as it was given, since other values are refused. */
export function resumeCommand(command: Command): string {
  let root = command;
  while (root.parent !== null) root = root.parent;
  const given = root.args.includes('--resume') ? root.args : [...root.args, '--resume'];
  return [root.name(), ...given].map(quoted).join(' ');
}

/** As shells take it. */
const quoted = (word: string): string => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);

const WHY = {
  ...{ finished: '', interrupted: '' },
  time: ', as the time is over',
  patience: ', as the metric grew no more',
} as const satisfies Record<TrainResult['reason'], string>;

/** Best and last epoch by their metrics, and where everything is. @param best - the metric that says which weights are best. */
function trainingSummary(
  { folder, minutes }: Pick<TrainingEnd, 'folder' | 'minutes'>,
  { rows, reason }: TrainResult,
  best: string,
): string {
  const evaluated = rows.filter((row) => row[`val/${best}`] !== undefined);
  const done = `${counted(rows.length, 'epoch')} in ${minutes.toFixed(1)} min${WHY[reason]}; weights, curves and results.csv are in ${folder}`;
  if (evaluated.length === 0) return done;
  const value = (row: TrainResult['rows'][number], metric: string) => Number(row[`val/${metric}`]);
  const top = evaluated.reduce((a, b) => (value(b, best) > value(a, best) ? b : a));
  const metrics = Object.keys(top).flatMap((column) => (column.startsWith('val/') ? column.slice('val/'.length) : []));
  const line = (name: string, row: TrainResult['rows'][number]) => [
    ...[name, String(row.epoch)],
    ...metrics.map((metric) => value(row, metric).toFixed(3)),
  ];
  return `${table(['', 'epoch', ...metrics], [line('best', top), line('last', evaluated.at(-1)!)])}\n${done}`;
}

/** Prints; an interrupted training sets the exit code of Ctrl-C. @param best - the metric that says which weights are best. */
export function printResult(
  best: string,
  result: TrainResult,
  end: TrainingEnd,
  { json, resume }: { readonly json: boolean; readonly resume: string },
): void {
  if (json) console.log(JSON.stringify({ ...result, ...end }, null, 2));
  else if (result.reason === 'interrupted') console.log(`saved; ${resume} goes on`);
  else console.log(trainingSummary(end, result, best));
  if (result.unreadable.length > 0) {
    console.error(`left out, as they could not be read: ${counted(result.unreadable.length, 'picture')}`);
    for (const { path, reason } of result.unreadable) console.error(`  ${path}: ${reason}`);
  }
  if (result.reason === 'interrupted') process.exitCode = INTERRUPTED;
}
