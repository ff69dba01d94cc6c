/** Training: the loop, with its loader and its logs, is loaded when one begins, so that whoever runs a network does without. */
import type { TrainResult } from '@icconv/training/node';
import type { Task, TaskTypes } from '../contract/task';
import type { BatchSize } from './batch-size';
import type { Rehearsal } from './rehearse';
import type { TrainTaskOptions } from './train';
import type { TriedTraining } from './try-updates';

export type { BatchSize } from './batch-size';
export { BEST_RESULTS_FILE } from './best-results';
export type { Rehearsal } from './rehearse';
export type { TrainTaskOptions } from './train';

/**
 * Trains. The folder holds the model (`model.json`, best and final weights), what made it (`config.yaml`), the checkpoint to go on from,
 * `results.csv`, what the best weights found (`best-results.json`), curves as pictures and for TensorBoard.
 *
 * With a `cluster` all its workers call this with the same options; the recipe's batch size is that of one, and worker 0 alone has a folder.
 *
 * @throws as `trainLoop`; InvalidArgumentError where data, network and recipe do not fit; CocoError where nothing is left to learn from, or
 *   to score; CheckpointError, before anything is changed, for a folder that holds another run.
 */
export async function trainTask<T extends TaskTypes>(
  task: Task<T>,
  options: TrainTaskOptions<T>,
): Promise<TrainResult> {
  const { runTraining } = await import('./train');
  return runTraining(task, options);
}

/**
 * Does the first updates of a training and a small part of an evaluation, with the same data, network and weights as `trainTask` would.
 *
 * @param options - as `trainTask` takes them; the folder is looked at, for a training that could not begin there.
 * @throws as `trainTask`; the signal's reason when aborted.
 */
export async function rehearseTraining<T extends TaskTypes>(
  task: Task<T>,
  options: TriedTraining<T>,
): Promise<Rehearsal> {
  const { rehearse } = await import('./rehearse');
  return rehearse(task, options);
}

/**
 * The most pictures a batch of a training that take at most 60 % of the memory in reach, and no more than 64. Updates with one picture and with
 * four are tried; memory grows by the same for each picture. The learning rate stays what the recipe says. A run that is resumed keeps its number.
 *
 * @param options - as `trainTask` takes them; the recipe's batch size is not looked at.
 * @throws as `trainTask`; the signal's reason when aborted.
 * @example
 * ```ts
 * const { batchSize } = await fittingBatchSize(DETECTION, training);
 * await trainTask(DETECTION, { ...training, recipe: { ...training.recipe, batchSize } });
 * ```
 */
export async function fittingBatchSize<T extends TaskTypes>(
  task: Task<T>,
  options: TriedTraining<T>,
): Promise<BatchSize> {
  const { fitBatchSize } = await import('./batch-size');
  return fitBatchSize(task, options);
}
