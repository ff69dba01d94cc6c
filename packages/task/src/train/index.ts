/** Training: the loop, with its loader and its logs, is loaded when one begins, so that whoever runs a network does without. */
import type { TrainResult } from '@icconv/training/node';
import type { Task, TaskTypes } from '../contract/task';
import type { Rehearsal } from './rehearse';
import type { TrainTaskOptions } from './train';

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
  options: Omit<TrainTaskOptions<T>, 'cluster' | 'steps' | 'progress' | 'weights'>,
): Promise<Rehearsal> {
  const { rehearse } = await import('./rehearse');
  return rehearse(task, options);
}
