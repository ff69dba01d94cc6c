/** Runs a network over a data set and takes the task's metric of what it finds. */
import { defined } from '@icconv/base';
import type { CocoDetection } from '@icconv/coco';
import { type CocoData, pictureFiles } from '@icconv/coco/node';
import type { Shard } from '@icconv/training/node';
import type { BoundData, ScoreOptions, Task, TaskTypes } from '../contract/task';
import { bindData } from '../data/bind';
import type { ModelSource } from '../model/resolve-model';
import { createRunner, type RunnerOptions } from '../run/create-runner';
import type { Runner } from '../run/runner';

export interface EvaluateTaskOptions<T extends TaskTypes> extends ScoreOptions {
  /** Of the calls: a pose estimator's flip and scales, say. */
  readonly options?: Omit<T['options'], 'batchSize' | 'onError' | 'decode' | 'onProgress' | 'signal'>;
  /** Pictures that are decoded while the network is busy with one; no result depends on it. @defaultValue `4` */
  readonly batchSize?: number;
  /** Pictures that cannot be read are errors, or nothing is found in them. @defaultValue `'stop'` */
  readonly onUnreadable?: 'stop' | 'skip';
  /** Damaged pictures are taken as far as they can be read, the rest grey. @defaultValue `false` */
  readonly tolerateDamage?: boolean;
  readonly onProgress?: (progress: { readonly done: number; readonly total: number }) => void;
  readonly signal?: AbortSignal;
}

/** What is evaluated of a network, in this process or in another. */
export type EvaluatedRunner<T extends TaskTypes> = Pick<Runner<T>, 'model' | 'stream'>;

/**
 * What a network finds in every picture, as COCO's results: pixels of the pictures, category ids of the data set. Findings of classes that
 * the data set lacks are left out.
 *
 * @param shard - a part of the pictures: those of all parts, one after the other, are the pictures in their order.
 * @throws InvalidArgumentError where data and network do not fit; ImageDecodeError with the file that cannot be read.
 */
export async function findInData<T extends TaskTypes>(
  task: Task<T>,
  runner: EvaluatedRunner<T>,
  data: CocoData,
  { options, batchSize = 4, onUnreadable, tolerateDamage = false, onProgress, signal }: EvaluateTaskOptions<T> = {},
  shard: Shard = { index: 0, count: 1 },
): Promise<{ readonly records: CocoDetection[]; readonly data: BoundData }> {
  const bound = bindData(task, runner.model, data, 'evaluation');
  const all = pictureFiles(bound);
  const pictures = all.slice(...[0, 1].map((end) => Math.floor(((shard.index + end) * all.length) / shard.count)));
  const call = {
    ...options,
    batchSize,
    onError: onUnreadable === 'skip' ? 'report' : 'throw',
    decode: { tolerateDamage },
    ...defined({ onProgress, signal }),
  } as T['options'];
  const records: CocoDetection[] = [];
  let at = 0;
  const paths = pictures.map(({ image }) => image);
  for await (const result of runner.stream(paths, call)) {
    const { imageId } = pictures[at++]!;
    // One by one: a call takes some 10^5 arguments at most.
    for (const record of task.evaluation.records(result, imageId, bound.categoryIds)) records.push(record);
  }
  return { records, data: bound };
}

/**
 * Evaluates.
 *
 * @param source - a network in this process or in another, which stays the caller's; or what `createRunner` makes one from.
 * @returns the metric of the task, with `stats` by name.
 */
export async function evaluateOn<T extends TaskTypes>(
  task: Task<T>,
  source: EvaluatedRunner<T> | ModelSource<T>,
  data: CocoData,
  options: EvaluateTaskOptions<T> &
    Pick<RunnerOptions, 'device' | 'threads' | 'precision' | 'opaqueClasses' | 'limits' | 'offline'> = {},
): Promise<T['evaluation']> {
  if (isRunner<T>(source)) {
    const found = await findInData(task, source, data, options);
    return task.evaluation.score(found.records, found.data, source.model, options);
  }
  const { onProgress: _, ...loading } = options;
  const runner = await createRunner(task, source, loading);
  try {
    return await evaluateOn(task, runner, data, options);
  } finally {
    await runner.dispose();
  }
}

const isRunner = <T extends TaskTypes>(source: object | string): source is EvaluatedRunner<T> =>
  typeof source === 'object' && 'stream' in source;
