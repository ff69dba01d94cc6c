/** How long a training is. */
import { InvalidArgumentError } from '@icconv/tensor-ops';
import type { TrainBatch, TrainOptions } from './types';

export interface Length {
  /** Updates that end the run, infinite where time does; and those of an epoch. */
  readonly totalSteps: number;
  readonly perEpoch: number;
  /** Updates that the schedule is written for. */
  readonly planned: number;
  /** For the progress; undefined when something else ends the run. */
  readonly epochs: number | undefined;
}

/** Evaluations after so many updates: every so many epochs, and at the end. */
export function evaluationsLeft(
  done: number,
  { totalSteps, perEpoch, evaluateEvery }: Pick<Length, 'totalSteps' | 'perEpoch'> & { evaluateEvery: number },
): number {
  if (done >= totalSteps) return 0;
  const due = (steps: number) => Math.floor(steps / perEpoch / evaluateEvery);
  return due(totalSteps) - due(done) + (totalSteps % (perEpoch * evaluateEvery) === 0 ? 0 : 1);
}

/** @throws InvalidArgumentError for a length that is none. */
export function lengthOf<B extends TrainBatch>(options: TrainOptions<B>): Length {
  const { epochs, steps, seconds, accumulate = 1, loader, clipNorm, patience } = options;
  const whole = (name: string, value: number | undefined) => {
    if (value === undefined || (Number.isInteger(value) && value >= 1)) return;
    throw new InvalidArgumentError('trainLoop', name, value, 'a whole number of at least 1');
  };
  const positive = (name: string, value: number | undefined) => {
    if (value === undefined || value > 0) return;
    throw new InvalidArgumentError('trainLoop', name, value, 'a number above 0');
  };
  const { evaluateEvery, checkpointEvery, checkpointEverySteps, logEvery } = options;
  const counts = {
    epochs,
    steps,
    accumulate,
    evaluateEvery,
    checkpointEvery,
    checkpointEverySteps,
    logEvery,
    patience,
  };
  for (const [name, value] of Object.entries(counts)) whole(name, value);
  for (const [name, value] of Object.entries({ clipNorm, seconds })) positive(name, value);
  if (epochs === undefined && steps === undefined) {
    throw new InvalidArgumentError('trainLoop', 'epochs', undefined, 'given, or steps');
  }
  if (patience !== undefined && (options.best === undefined || options.evaluate === undefined)) {
    throw new InvalidArgumentError(
      'trainLoop',
      'patience',
      patience,
      'given with evaluate and best, which tell what grows',
    );
  }
  const perEpoch = Math.ceil(loader.batchesPerEpoch / accumulate);
  const ofEpochs = epochs === undefined ? Number.POSITIVE_INFINITY : epochs * perEpoch;
  const ofSteps = steps ?? Number.POSITIVE_INFINITY;
  return {
    perEpoch,
    planned: Math.min(ofEpochs, ofSteps),
    totalSteps: seconds === undefined ? Math.min(ofEpochs, ofSteps) : ofSteps,
    epochs: seconds === undefined ? epochs : undefined,
  };
}
