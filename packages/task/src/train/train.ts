/** Trains the network of a task with the loop of `@icconv/training`, and leaves a folder that can be opened. */

import { basename, dirname, join } from 'node:path';
import { defined } from '@icconv/base';
import { makeFolder, writeAtomically } from '@icconv/base/files';
import type { CocoDetection } from '@icconv/coco';
import type { CocoData } from '@icconv/coco/node';
import { type StateDict, trainableParts } from '@icconv/models';
import { InvalidArgumentError, sharingStatistics } from '@icconv/tensor-ops';
import { recipeOptions } from '@icconv/training';
import {
  type Batch,
  BEST_FILE,
  checkRun,
  createLoader,
  type RunSettings,
  type SharedEvaluation,
  type TrainOptions,
  type TrainResult,
  trainLoop,
} from '@icconv/training/node';
import { dispose } from '@tensorflow/tfjs-core';
import { stringify } from 'yaml';
import type { BoundData, Task, TaskTypes } from '../contract/task';
import { bindTrainingData, requireTrainingData, type TrainingData } from '../data/bind';
import { type EvaluateTaskOptions, findInData } from '../evaluate/evaluate';
import { writeModel } from '../model/model-folder';
import { localRunner } from '../run/local-runner';
import { BEST_RESULTS_FILE } from './best-results';
import { writeTrainingCurves } from './curves';
import { settingsOf } from './settings-of';
import { type StartFrom, startFrom } from './start-from';
import { penalisedKernels, penaliseTaps } from './tap-penalty';

export interface TrainTaskOptions<T extends TaskTypes>
  extends Pick<
    TrainOptions<Batch<T['sample']>>,
    | 'folder'
    | 'resume'
    | 'allowChanges'
    | 'progress'
    | 'signal'
    | 'handleInterrupt'
    | 'checkpointEverySteps'
    | 'steps'
    | 'cluster'
  > {
  readonly model: T['model'];
  readonly recipe: T['recipe'];
  readonly train: CocoData;
  /** Evaluated during the training; the best weights are kept. @defaultValue no evaluation */
  readonly val?: CocoData;
  /** Trained weights to begin with. @defaultValue random ones by the recipe's seed */
  readonly start?: StartFrom;
  /** Instead: weights of yours, changed in place; you dispose them. */
  readonly weights?: StateDict;
  /** Names among yours that come from a checkpoint: freezing others is an error. */
  readonly pretrained?: Iterable<string>;
  /** How it is evaluated. @defaultValue as the task is by itself */
  readonly evaluation?: EvaluateTaskOptions<T>['options'];
  /** Threads that decode. @defaultValue one less than processors, 1 to 4 */
  readonly workers?: number;
  /** Pictures that cannot be read are errors, or are left out and listed in the result. @defaultValue `'stop'` */
  readonly onUnreadable?: 'stop' | 'skip';
  /** Damaged pictures are learned from as far as they can be read, the rest grey. @defaultValue `false` */
  readonly tolerateDamage?: boolean;
  /** Told what is learned and scored before anything is written. */
  readonly onData?: (data: TrainingData) => void;
  /** Told what else is worth knowing before the first step. */
  readonly onNote?: (line: string) => void;
  /** Kept as `config.yaml` in the folder. @defaultValue model, recipe and evaluation as they are given */
  readonly configuration?: string;
}

/** See `trainTask` of ./index. */
export async function runTraining<T extends TaskTypes>(
  task: Task<T>,
  options: TrainTaskOptions<T>,
): Promise<TrainResult> {
  const { model, recipe, start, cluster } = options;
  const folder = (cluster?.index ?? 0) === 0 ? options.folder : undefined;
  const data = trainableData(task, options);
  const settings = settingsOf(task, options);
  if (folder !== undefined) await beginFolder(task, folder, options, settings);

  const weights = options.weights ?? task.weights.init(model, { seed: recipe.seed ?? 0 });
  try {
    const loaded = start === undefined ? [] : await startFrom(task, weights, model, start, options);
    const pretrained = [...(options.pretrained ?? []), ...loaded];
    const result = await runLoop(task, { ...options, weights, pretrained }, data, settings);
    if (folder !== undefined) await writeTrainingCurves(folder, result.rows, `${task.noun}: ${basename(folder)}`);
    return result;
  } finally {
    if (options.weights === undefined) dispose(weights);
  }
}

/** The data of a training that can begin, told. @throws as {@link runTraining} where data, network and recipe do not fit. */
export function trainableData<T extends TaskTypes>(
  task: Task<T>,
  options: Pick<TrainTaskOptions<T>, 'model' | 'recipe' | 'evaluation' | 'train' | 'val' | 'onData'>,
): TrainingData {
  const { model, recipe, evaluation, val } = options;
  task.inference.check({ ...evaluation } as T['options'], model);
  task.training.check?.(model, recipe);
  penalisedKernels(task, model, recipe);
  if (recipe.patience !== undefined && val === undefined) {
    const expected = 'left out, or validation data given, whose metric it watches';
    throw new InvalidArgumentError('train', 'recipe.patience', recipe.patience, expected);
  }
  const data = bindTrainingData(task, model, options);
  options.onData?.(data);
  requireTrainingData(data);
  return data;
}

type LoopOptions<T extends TaskTypes> = TrainTaskOptions<T> &
  Required<Pick<TrainTaskOptions<T>, 'weights' | 'pretrained'>>;

async function runLoop<T extends TaskTypes>(
  task: Task<T>,
  options: LoopOptions<T>,
  { train, val }: TrainingData,
  settings: RunSettings,
): Promise<TrainResult> {
  const { model, recipe, folder, cluster, pretrained, workers } = options;
  const { onUnreadable = 'stop', tolerateDamage = false } = options;
  const source = task.data.samples(train, recipe, model);
  const loader = createLoader<T['sample']>({
    source,
    batchSize: recipe.batchSize,
    seed: recipe.seed ?? 0,
    onUnreadable,
    decode: { tolerateDamage },
    ...defined({ workers, shard: cluster && { index: cluster.index, count: cluster.size } }),
    ...task.training.loader(model, recipe, source),
  });
  /** Of the last evaluation, on the worker that writes. */
  let found: readonly CocoDetection[] = [];
  const parts = trainableParts(model.config.backbone, task.weights.backbonePrefix, recipe);
  const kernels = penalisedKernels(task, model, recipe);
  const optimizer = task.training.optimizer(recipe);
  const fromRecipe = recipeOptions(recipe, loader.batchesPerEpoch);
  try {
    return await trainLoop<Batch<T['sample']>>({
      ...options,
      ...((folder ?? cluster) !== undefined && { settings }),
      loader,
      optimizer,
      ...fromRecipe,
      freezing: { trainable: parts.trainable, pretrained },
      step(current, batch, { random }) {
        const result = sharingStatistics(recipe.norms === 'synchronised' ? cluster : undefined, () =>
          task.training.step(current, batch, model, { ...parts, random, recipe }),
        );
        const { tapPenalty = 0 } = recipe;
        return { ...result, gradients: penaliseTaps(result.gradients, current, kernels, tapPenalty) };
      },
      ...(val !== undefined && {
        evaluate: sharedEvaluation(task, val, options, (records) => {
          found = records;
        }),
        best: { metric: task.evaluation.best },
      }),
      async saveWeights(path, current) {
        await task.weights.save(path, current, model);
        const results = join(dirname(path), BEST_RESULTS_FILE);
        if (basename(path) === BEST_FILE) await writeAtomically(results, recordPieces(found));
      },
    });
  } finally {
    fromRecipe.ema?.dispose();
    optimizer.dispose();
    await loader.close();
  }
}

/** A list in JSON, a record on each line: of large data its whole text would be longer than a string may be. */
function* recordPieces(records: readonly CocoDetection[]): Generator<string> {
  yield '[';
  for (const [i, record] of records.entries()) yield `${i > 0 ? ',\n' : ''}${JSON.stringify(record)}`;
  yield ']\n';
}

/** As `evaluateOn` of the folder that the training leaves; each worker looks at its part of the pictures. */
function sharedEvaluation<T extends TaskTypes>(
  task: Task<T>,
  data: BoundData,
  { model, evaluation, onUnreadable = 'stop', tolerateDamage = false, signal }: TrainTaskOptions<T>,
  onFound: (records: readonly CocoDetection[]) => void,
): SharedEvaluation {
  const how = defined({ options: evaluation, signal });
  return {
    async part(weights, shard) {
      const runner = localRunner(task, model, weights);
      try {
        const found = await findInData(task, runner, data, { onUnreadable, tolerateDamage, ...how }, shard);
        return found.records;
      } finally {
        await runner.dispose();
      }
    },
    metrics(found) {
      const records = found as CocoDetection[];
      onFound(records);
      return task.evaluation.metrics(task.evaluation.score(records, data, model, {}));
    },
  };
}

/** The folder's description and configuration, after a look at whether the run may have it. */
async function beginFolder<T extends TaskTypes>(
  task: Task<T>,
  folder: string,
  options: TrainTaskOptions<T>,
  settings: RunSettings,
): Promise<void> {
  const { resume = false, allowChanges = false, model, recipe, evaluation, configuration } = options;
  const changes = await checkRun(folder, { resume, allowChanges, settings });
  if (changes.length > 0) options.onNote?.(`resumed with other settings:\n  ${changes.join('\n  ')}`);
  await makeFolder(folder);
  await writeModel(task, folder, model);
  const given = { ...task.model.toJson(model), recipe, ...defined({ evaluation }) };
  await writeAtomically(join(folder, 'config.yaml'), configuration ?? stringify(given));
}
