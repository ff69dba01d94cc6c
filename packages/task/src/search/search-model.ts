/** Dilations for the backbone of a whole model, from the folder of its super-network to a folder of the network that was found. */

import { join } from 'node:path';
import { defined } from '@icconv/base';
import { type PictureWatcher, runSearch, type SearchRun, type SearchSettings, writeSearch } from '@icconv/edo/node';
import type { StateDict } from '@icconv/models';
import type { LoadWeightsOptions } from '@icconv/models/files';
import { InvalidArgumentError } from '@icconv/tensor-ops';
import { dispose } from '@tensorflow/tfjs-core';
import type { Task, TaskTypes } from '../contract/task';
import { loadTaskWeights } from '../model/load-task-weights';
import { readTrained, writeModel } from '../model/model-folder';
import { hasSuperKernels } from '../model/super-kernels';

export interface SearchModelOptions extends PictureWatcher, Pick<LoadWeightsOptions, 'opaqueClasses' | 'limits'> {
  /** @defaultValue model, best or final.safetensors in the folder */
  readonly weights?: string;
}

/** What was found; the tensors are gone. */
export type ModelSearch = Omit<SearchRun, 'weights'> & { readonly files: readonly string[] };

/**
 * Searches, and writes a model's folder: description with the dilations, weights of backbone, neck and heads, and what `writeSearch` writes.
 * `trainTask` goes on from it, `createRunner` opens it.
 *
 * @param folder - of a model whose backbone has super-kernels, as a training with `model.super` leaves it.
 * @param output - made where it is missing.
 * @throws InvalidArgumentError for a backbone without super-kernels; as `runSearch`; ModelFileError, FileError.
 */
export async function searchModel<T extends TaskTypes>(
  task: Task<T>,
  folder: string,
  output: string,
  settings: SearchSettings = {},
  { weights: chosen, opaqueClasses, limits, ...watcher }: SearchModelOptions = {},
): Promise<ModelSearch> {
  const { model, weights: path } = await readTrained(task, folder, chosen);
  const { backbone } = model.config;
  if (!hasSuperKernels(backbone)) {
    const expected = 'a network with super-kernels: a training with model.super makes one';
    throw new InvalidArgumentError('search', 'model', folder, expected);
  }
  const { signal } = watcher;
  const reading = { opaqueClasses, limits, ...defined({ signal }) };
  const weights = await loadTaskWeights(task, path, model, reading);
  const prefix = task.weights.backbonePrefix;
  let run: SearchRun | undefined;
  try {
    run = await runSearch({ weights, config: backbone, prefix }, settings, watcher);
    const found = { ...model, config: { ...model.config, backbone: run.config } };
    const save = (to: string, all: Readonly<StateDict>) => task.weights.save(join(to, 'model.safetensors'), all, found);
    const files = await writeSearch(output, run, { prefix, save });
    files.push(await writeModel(task, output, found));
    const { weights: _, ...rest } = run;
    return { ...rest, files };
  } finally {
    dispose([weights, run?.weights ?? []]);
  }
}
