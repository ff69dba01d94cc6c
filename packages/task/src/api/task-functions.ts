/** The functions of a task that its users call, from its description. Each task's package exports them under names of its own. */
import { defined } from '@icconv/base';
import type { CocoDataset } from '@icconv/coco';
import type { CocoData } from '@icconv/coco/node';
import type { TrainResult } from '@icconv/training/node';
import type { Task, TaskTypes } from '../contract/task';
import { type EvaluatedRunner, type EvaluateTaskOptions, evaluateOn, findInData } from '../evaluate/evaluate';
import type { ModelSource } from '../model/resolve-model';
import { createRunner, type RunnerOptions } from '../run/create-runner';
import type { LocalRunner } from '../run/local-runner';
import { createRemoteRunner, type RemoteRunnerOptions, type RemoteSource } from '../run/remote-runner';
import type { Runner } from '../run/runner';
import { type PresetChanges, presetFor } from '../settings/settings';
import { type TrainTaskOptions, trainTask } from '../train';

/** What a task's functions need besides its description. */
export interface FunctionParts<T extends TaskTypes, R extends Runner<T>, Training, Evaluation> {
  /** Taken where nobody names a model. */
  readonly defaultModel: string;
  /** Address of the module that runs in a child process, see `moduleBeside`: asked for where one begins, as bundles have none. */
  hosted(): string;
  /** What a runner has besides: `run` by the task's verb, names of the classes. */
  names(runner: Runner<T>): Omit<R, keyof Runner<T>>;
  /** The network to train. @throws InvalidArgumentError */
  model(options: Training): T['model'];
  /** Data of which only what the options choose counts. @defaultValue as they are */
  data?(data: CocoData, options: Training | Evaluation): CocoData;
}

/**
 * Makes the functions: a runner here or in a child process, training and its presets, findings in a data set and their metric.
 *
 * @typeParam R - a runner with its names; L in this process.
 */
export function taskFunctions<
  T extends TaskTypes,
  R extends Runner<T>,
  L extends LocalRunner<T>,
  Training extends Omit<TrainTaskOptions<T>, 'model'>,
  Evaluation extends EvaluateTaskOptions<T> = EvaluateTaskOptions<T>,
>(
  task: Task<T>,
  { defaultModel, hosted, names, model, data: chosen = (data) => data }: FunctionParts<T, R, Training, Evaluation>,
) {
  const named = (runner: Runner<T>) => ({ ...runner, ...names(runner) });
  return {
    create: async (source: ModelSource<T> = defaultModel, options?: RunnerOptions) =>
      named(await createRunner(task, source, options)) as Runner<T> as L,
    createRemote: async (source: RemoteSource<T> = defaultModel, options?: RemoteRunnerOptions) =>
      named(await createRemoteRunner(task, hosted(), source, options)) as Runner<T> as R,
    train: (options: Training): Promise<TrainResult> =>
      trainTask(task, {
        ...options,
        model: model(options),
        train: chosen(options.train, options),
        ...defined({ val: options.val && chosen(options.val, options) }),
      }),
    async preset(name: string, dataset: CocoDataset, changes?: PresetChanges) {
      const { model: chosenModel, recipe } = await presetFor(task, name, dataset, changes);
      return { ...chosenModel, recipe } as T['model'] & { readonly recipe: T['recipe'] };
    },
    find: async (runner: EvaluatedRunner<T>, data: CocoData, options: Evaluation = {} as Evaluation) =>
      (await findInData(task, runner, chosen(data, options), options)).records,
    evaluate: (
      source: EvaluatedRunner<T> | ModelSource<T>,
      data: CocoData,
      options: Evaluation & RunnerOptions = {} as Evaluation,
    ): Promise<T['evaluation']> => evaluateOn(task, source, chosen(data, options), options),
  };
}
