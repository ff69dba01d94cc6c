/** The first updates of a training, of which nothing is written: what they take. */
import type { StateDict } from '@icconv/models';
import type { Progress } from '@icconv/training/node';
import type { Task, TaskTypes } from '../contract/task';
import { watchPeak } from './peak-memory';
import { runTraining, type TrainTaskOptions } from './train';

/** The first update also compiles kernels and fills pools: its time says little about those to come. */
const UPDATES = 2;

/** A training that is tried before it begins. */
export type TriedTraining<T extends TaskTypes> = Omit<
  TrainTaskOptions<T>,
  'cluster' | 'steps' | 'progress' | 'weights'
>;

export interface TriedUpdates {
  /** Losses of the first batch. */
  readonly losses: Readonly<Record<string, number>>;
  readonly batchesPerEpoch: number;
  /** When each update ended, in milliseconds. */
  readonly ends: readonly number[];
  /** The most that this process had at once; bytes of the machine's memory, not of a GPU's. */
  readonly peakBytes: number;
}

/** @param options - without a folder and without validation data; `weights` are changed, and stay the caller's. @throws as `trainTask`. */
export async function tryUpdates<T extends TaskTypes>(
  task: Task<T>,
  options: Omit<TriedTraining<T>, 'folder' | 'val' | 'onData'> & { readonly weights: StateDict },
): Promise<TriedUpdates> {
  let batchesPerEpoch = 0;
  let losses: TriedUpdates['losses'] = {};
  const ends: number[] = [];
  const peak = watchPeak();
  const progress: Progress = {
    update(state) {
      ends.push(performance.now());
      batchesPerEpoch = state.batches;
      if (ends.length === 1) losses = { ...state.losses };
    },
    // Ends of epochs, of which a data set of a batch or two has some.
    line: (text) => !text.startsWith('epoch ') && options.onNote?.(text),
    stop: () => {},
  };
  // A trial takes as long as it takes, and has no metric to watch.
  const { minutes: _, patience: __, ...untimed } = options.recipe;
  await runTraining(task, { ...options, recipe: untimed as T['recipe'], progress, steps: UPDATES });
  return { losses, batchesPerEpoch, ends, peakBytes: peak() };
}
