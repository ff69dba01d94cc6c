/** From a name, a folder or a checkpoint to a network ready for use. */
import { defined } from '@icconv/base';
import { type EngineDevice, useEngine } from '@icconv/tensor-ops/engine';
import type { OpenWeightsOptions } from '@icconv/tensor-ops/weights';
import { dispose } from '@tensorflow/tfjs-core';
import type { Task, TaskTypes } from '../contract/task';
import { loadTaskWeights } from '../model/load-task-weights';
import { type ModelSource, type ResolveOptions, resolveModel } from '../model/resolve-model';
import { type LocalRunner, type LocalRunnerOptions, localRunner } from './local-runner';

export interface RunnerOptions
  extends Pick<OpenWeightsOptions, 'opaqueClasses' | 'limits'>,
    ResolveOptions,
    LocalRunnerOptions {
  /** @defaultValue `'auto'`: CUDA, then native CPU, then wasm */
  readonly device?: EngineDevice;
  /** Threads of TensorFlow. @defaultValue all processors */
  readonly threads?: number;
}

/**
 * Loads a network into this process.
 *
 * @param source - a name of the zoo, a model's folder, a checkpoint of the zoo on the disk; or what describes another checkpoint.
 * @throws InvalidArgumentError for a name that is not known; ModelFileError; WeightFormatError, StateDictMismatchError for files that are
 *   damaged or belong to another network; DownloadError; UnsupportedPrecisionError.
 */
export async function createRunner<T extends TaskTypes>(
  task: Task<T>,
  source: ModelSource<T>,
  options: RunnerOptions = {},
): Promise<LocalRunner<T>> {
  const { device = 'auto', threads, signal, opaqueClasses, limits, decode, precision } = options;
  const { model, weights } = await resolveModel(task, source, options);
  task.inference.check({}, model);
  await useEngine({ device, ...defined({ threads }) });
  if (typeof weights !== 'string') return localRunner(task, model, weights, { decode, precision });
  const reading = { opaqueClasses, limits, ...defined({ signal }) };
  const loaded = await loadTaskWeights(task, weights, model, reading);
  try {
    return localRunner(task, model, loaded, { decode, precision });
  } finally {
    dispose(loaded);
  }
}
