/** A training tried for two updates, to know what it would take; nothing is written. */
import { defined } from '@icconv/base';
import { checkRun } from '@icconv/training/node';
import { dispose } from '@tensorflow/tfjs-core';
import type { Task, TaskRecipe, TaskTypes } from '../contract/task';
import { findInData } from '../evaluate/evaluate';
import { localRunner } from '../run/local-runner';
import { reachableMemory } from './peak-memory';
import { settingsOf } from './settings-of';
import { type TrainTaskOptions, trainableData } from './train';
import { type TriedTraining, tryUpdates } from './try-updates';

/** Pictures that are evaluated; the first one, likewise, does not count. */
const PICTURES = 5;

export interface Rehearsal {
  /** Losses of the first batches. */
  readonly losses: Readonly<Record<string, number>>;
  readonly epochs: number;
  readonly batchesPerEpoch: number;
  /** Updates and evaluations of the whole training. */
  readonly updates: number;
  readonly evaluations: number;
  readonly secondsPerUpdate: number;
  /** 0 without validation data. */
  readonly secondsPerEvaluation: number;
  /** Of the whole training; where the recipe gives it minutes, these, and the other numbers are those that they suffice for. */
  readonly seconds: number;
  /** The most that this process had at once in an update, and what it could have here; bytes of the machine's memory, not of a GPU's. */
  readonly memory: { readonly peakBytes: number; readonly reachableBytes: number };
}

/** See `rehearseTraining` of ./index. */
export async function rehearse<T extends TaskTypes>(task: Task<T>, options: TriedTraining<T>): Promise<Rehearsal> {
  const { folder, val: _, onData: __, model, recipe, ...rest } = options;
  const { resume = false, allowChanges = false, signal } = options;
  // As the training binds them: validation data after what is learned, of which the rehearsal's own training knows nothing.
  const { train, val } = trainableData(task, options);
  if (folder !== undefined) await checkRun(folder, { resume, allowChanges, settings: settingsOf(task, options) });
  const reachableBytes = reachableMemory();
  const weights = task.weights.init(model, { seed: recipe.seed ?? 0 });
  try {
    const { losses, batchesPerEpoch, ends, peakBytes } = await tryUpdates(task, {
      ...rest,
      model,
      recipe,
      train,
      weights,
    });
    signal?.throwIfAborted();
    const secondsPerUpdate = (ends.at(-1)! - ends.at(-2)!) / 1000;
    const secondsPerEvaluation = val === undefined ? 0 : await evaluationSeconds(task, { ...options, val }, weights);
    return {
      ...{ losses, batchesPerEpoch, secondsPerUpdate, secondsPerEvaluation },
      ...lengthOf(recipe, { batchesPerEpoch, secondsPerUpdate, secondsPerEvaluation }),
      memory: { peakBytes, reachableBytes },
    };
  } finally {
    dispose(weights);
  }
}

/** What the whole training comes to. */
function lengthOf(
  { epochs: given, minutes, accumulate = 1, evaluateEvery = 1 }: TaskRecipe,
  measured: Pick<Rehearsal, 'batchesPerEpoch' | 'secondsPerUpdate' | 'secondsPerEvaluation'>,
): Pick<Rehearsal, 'epochs' | 'updates' | 'evaluations' | 'seconds'> {
  const { batchesPerEpoch, secondsPerUpdate, secondsPerEvaluation } = measured;
  const perEpoch = Math.ceil(batchesPerEpoch / accumulate);
  const epochSeconds = perEpoch * secondsPerUpdate + secondsPerEvaluation / evaluateEvery;
  const epochs = minutes === undefined ? given : Math.max(1, Math.round((60 * minutes) / epochSeconds));
  const updates = epochs * perEpoch;
  const evaluations = secondsPerEvaluation === 0 ? 0 : Math.ceil(epochs / evaluateEvery);
  const seconds = updates * secondsPerUpdate + evaluations * secondsPerEvaluation;
  return { epochs, updates, evaluations, seconds: minutes === undefined ? seconds : 60 * minutes };
}

/** Seconds for all pictures, from a few of them. */
async function evaluationSeconds<T extends TaskTypes>(
  task: Task<T>,
  options: Pick<TrainTaskOptions<T>, 'model' | 'evaluation' | 'onUnreadable' | 'tolerateDamage' | 'signal'> & {
    readonly val: NonNullable<TrainTaskOptions<T>['val']>;
  },
  weights: Parameters<Task<T>['inference']['compile']>[0],
): Promise<number> {
  const { model, val, evaluation, onUnreadable, tolerateDamage, signal } = options;
  const all = val.imageIds ?? val.dataset.getImgIds();
  const runner = localRunner(task, model, weights);
  try {
    const ends: number[] = [performance.now()];
    const how = defined({ options: evaluation, onUnreadable, tolerateDamage, signal });
    const onProgress = () => void ends.push(performance.now());
    await findInData(task, runner, { ...val, imageIds: all.slice(0, PICTURES) }, { ...how, onProgress });
    const from = ends.length > 2 ? 1 : 0;
    return (all.length * (ends.at(-1)! - ends[from]!)) / (ends.length - 1 - from) / 1000;
  } finally {
    await runner.dispose();
  }
}
