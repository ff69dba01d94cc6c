/** What a run tells: curves, a row for each epoch, progress. */
import { join } from 'node:path';
import { createProgress, formatDuration, type Progress, silentProgress } from '../logs/progress';
import { ResultsCsv } from '../logs/results-csv';
import { createEventWriter, type EventWriter } from '../logs/tensorboard';
import { TimeLeft } from '../logs/time-left';
import type { Metrics } from './types';

export interface JournalOptions {
  readonly folder: string | undefined;
  readonly tensorBoard: boolean;
  readonly progress: Progress | boolean;
  readonly logEvery: number;
  readonly batches: number;
  readonly epochs: number | undefined;
  /** Updates of the whole run. */
  readonly totalSteps: number;
  /** Updates done before. */
  readonly firstStep: number;
  /** As the rows of `results.csv` count them: another number where the number of workers has changed. */
  readonly loggedSteps: number;
  /** Evaluations that are still to come after so many updates. */
  readonly evaluationsAfter: (step: number) => number;
  /** Where time ends the run. */
  readonly secondsLeft: () => number | undefined;
  /** Pictures left out so far. */
  readonly unreadable: () => number;
  readonly resumed: boolean;
}

export interface EpochLog {
  readonly sums: Readonly<Record<string, number>>;
  readonly count: number;
}

const emptySums = () => ({ sums: {} as Record<string, number>, count: 0 });

/** Share of the newest batch in the losses that the progress shows. */
const SMOOTHING = 0.05;

export class Journal {
  readonly progress: Progress;
  readonly #csv: ResultsCsv | undefined;
  readonly #events: EventWriter | undefined;
  readonly #options: JournalOptions;
  readonly #timeLeft = new TimeLeft();
  /** When the last update or evaluation ended. */
  #last = performance.now();
  #epochStart = performance.now();
  #epoch = emptySums();
  #recent = emptySums();
  #shown: Record<string, number> = {};
  #rows: Record<string, number | string>[] = [];

  constructor(options: JournalOptions, epochLog?: EpochLog) {
    this.#options = options;
    const { folder, firstStep, loggedSteps, resumed } = options;
    this.progress =
      typeof options.progress === 'object' ? options.progress : options.progress ? createProgress() : silentProgress;
    if (folder !== undefined) {
      const done = (row: Readonly<Record<string, unknown>>) => Number(row.step) <= loggedSteps;
      this.#csv = new ResultsCsv(join(folder, 'results.csv'), resumed ? done : undefined);
      if (options.tensorBoard) this.#events = createEventWriter(join(folder, 'tensorboard'), firstStep);
    }
    if (epochLog !== undefined) this.#epoch = { sums: { ...epochLog.sums }, count: epochLog.count };
  }

  get rows() {
    return this.#csv?.rows ?? this.#rows;
  }

  get epochLog(): EpochLog {
    return this.#epoch;
  }

  /** One batch. */
  batch(losses: Metrics): void {
    for (const log of [this.#epoch, this.#recent]) {
      for (const [name, value] of Object.entries(losses)) log.sums[name] = (log.sums[name] ?? 0) + value;
      log.count++;
    }
    for (const [name, value] of Object.entries(losses)) {
      const old = this.#shown[name] ?? value;
      this.#shown[name] = old + SMOOTHING * (value - old);
    }
  }

  /** One update. @param step - updates done with it. */
  update(step: number, epoch: number, batchesDone: number, learningRate: number, norm: number): void {
    const { logEvery, batches, epochs, totalSteps, evaluationsAfter } = this.#options;
    if (step % logEvery === 0) {
      const curves = Object.entries(means(this.#recent)).map(([name, value]) => [`train/${name}`, value]);
      this.#events?.scalars(step, {
        ...Object.fromEntries(curves),
        'train/learning-rate': learningRate,
        'train/gradient-norm': norm,
      });
      this.#recent = emptySums();
    }
    this.#timeLeft.step(this.#lap());
    const secondsLeft = this.#options.secondsLeft() ?? this.#timeLeft.left(totalSteps - step, evaluationsAfter(step));
    this.progress.update({
      epoch,
      epochs,
      batch: batchesDone,
      batches,
      secondsLeft,
      learningRate,
      losses: this.#shown,
    });
  }

  /** Seconds since the last update or evaluation. */
  #lap(): number {
    const before = this.#last;
    this.#last = performance.now();
    return (this.#last - before) / 1000;
  }

  /** The end of an epoch. */
  epochEnd(epoch: number, step: number, learningRate: number, metrics: Metrics | undefined, isBest: boolean): void {
    const losses = means(this.#epoch);
    const lap = this.#lap();
    if (metrics !== undefined) this.#timeLeft.evaluation(lap);
    const seconds = (performance.now() - this.#epochStart) / 1000;
    const row = {
      epoch,
      step,
      learningRate,
      ...prefixed('train/', losses),
      ...prefixed('val/', metrics ?? {}),
      seconds: Math.round(seconds * 10) / 10,
    };
    this.#rows.push(row);
    this.#csv?.add(row);
    if (metrics !== undefined) this.#events?.scalars(step, prefixed('val/', metrics));
    const show = (values: Metrics) => Object.entries(values).map(([name, value]) => `${name} ${value.toPrecision(4)}`);
    const parts = [...show(losses), ...(metrics === undefined ? [] : ['|', ...show(metrics)]), isBest ? '(best)' : ''];
    const skipped = this.#options.unreadable();
    const without = skipped === 0 ? '' : `, without ${skipped} unreadable ${skipped === 1 ? 'picture' : 'pictures'}`;
    this.progress.line(`epoch ${epoch}: ${parts.filter(Boolean).join('  ')}  in ${formatDuration(seconds)}${without}`);
    this.#epoch = emptySums();
    this.#epochStart = performance.now();
  }

  close(): void {
    this.progress.stop();
    this.#events?.close();
  }
}

const means = ({ sums, count }: EpochLog) =>
  Object.fromEntries(Object.entries(sums).map(([name, sum]) => [name, sum / count]));
const prefixed = (prefix: string, values: Metrics) =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [`${prefix}${name}`, value]));
