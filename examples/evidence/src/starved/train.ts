/** Trainings of a setting, each in a folder of its own from which a stopped one goes on. */
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { readText, writeAtomically } from '@icconv/base/files';
import type { CocoData } from '@icconv/coco/node';
import type { StateDict } from '@icconv/models';
import { loadTaskWeights, readModel, type Task, type TaskModel, type TaskRecipe, trainTask } from '@icconv/task';
import { CHECKPOINT_FILE } from '@icconv/training/node';
import * as tf from '@tensorflow/tfjs-core';
import { processorSeconds } from '../processor-time';
import type { Starved } from './config';

/** Where and under what a seed is run. */
export interface Context {
  readonly config: Starved;
  readonly task: Task;
  readonly seed: number;
  /** Of this seed. */
  readonly folder: string;
  /** Of this seed's super-network. */
  readonly superFolder: string;
  readonly train: CocoData;
  readonly test: CocoData;
  readonly signal?: AbortSignal;
}

export interface Trained {
  /** Owned by the caller. */
  readonly weights: StateDict;
  /** Processor seconds of all threads. */
  readonly seconds: number;
}

/** Seconds so far, and when it is done: of a stopped training too. */
const SPENT_FILE = 'spent.json';
const DONE_FILE = 'seconds.json';
const WEIGHTS_FILE = 'trained.safetensors';

async function secondsIn(path: string): Promise<number> {
  if (!existsSync(path)) return 0;
  return (JSON.parse(await readText(path, { maxBytes: 4096 })) as { seconds: number }).seconds;
}

/** Of a training that is finished. @returns undefined before */
export async function trainedNetwork(
  task: Task,
  folder: string,
): Promise<{ model: TaskModel; weights: StateDict } | undefined> {
  if (!existsSync(join(folder, DONE_FILE))) return undefined;
  const { model } = await readModel(task, folder);
  return { model, weights: await loadTaskWeights(task, join(folder, WEIGHTS_FILE), model) };
}

/**
 * Trains `weights`, or loads what an earlier call came to.
 *
 * @param start - makes the first weights; they are replaced and belong to the result.
 * @param stops - updates after which `onStop` is told the weights; 0 is before the first.
 * @throws where the signal or Ctrl-C ends it; the next call goes on.
 */
export async function train(
  { task, seed, folder: parent, train: data, signal }: Context,
  name: string,
  model: TaskModel,
  given: TaskRecipe,
  start: () => StateDict,
  {
    stops = [],
    onStop = async () => {},
  }: { stops?: readonly number[]; onStop?: (updates: number, weights: StateDict) => Promise<void> } = {},
): Promise<Trained> {
  const folder = join(parent, name);
  const [done, path] = [join(folder, DONE_FILE), join(folder, WEIGHTS_FILE)];
  if (existsSync(done)) return { weights: await loadTaskWeights(task, path, model), seconds: await secondsIn(done) };
  await mkdir(folder, { recursive: true });
  const recipe = { ...given, seed };
  const weights = start();
  const spent = join(folder, SPENT_FILE);
  let seconds = await secondsIn(spent);
  if (stops.includes(0) && !existsSync(join(folder, CHECKPOINT_FILE))) await onStop(0, weights);
  for (const steps of [...stops.filter((stop) => stop > 0), undefined]) {
    const before = process.cpuUsage();
    const result = await trainTask(task, {
      model,
      recipe,
      train: data,
      folder,
      weights,
      resume: existsSync(join(folder, CHECKPOINT_FILE)),
      workers: 1,
      progress: false,
      ...(steps !== undefined && { steps }),
      ...(signal !== undefined && { signal }),
    });
    seconds += processorSeconds(before);
    await writeAtomically(spent, JSON.stringify({ seconds }));
    // One that came when the last step was done stops what follows.
    if (result.reason === 'interrupted' || signal?.aborted) {
      tf.dispose(weights);
      throw new Error(
        `${name} of seed ${seed} was interrupted after ${result.steps} updates; the same command goes on`,
      );
    }
    if (result.steps === steps) await onStop(steps, weights);
  }
  await task.weights.save(path, weights, model);
  await writeAtomically(done, JSON.stringify({ seconds }));
  return { weights, seconds };
}
