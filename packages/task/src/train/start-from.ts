/** Trained weights in the place of random ones. */

import { existsSync, statSync } from 'node:fs';
import { defined } from '@icconv/base';
import type { StateDict } from '@icconv/models';
import { type LoadWeightsOptions, loadBackboneWeights } from '@icconv/models/files';
import { InvalidArgumentError } from '@icconv/tensor-ops';
import type { Task, TaskTypes } from '../contract/task';
import { loadTaskWeights } from '../model/load-task-weights';
import { readTrained } from '../model/model-folder';
import type { ResolveOptions } from '../model/resolve-model';
import { BACKBONES } from '../zoo/backbones';
import { fetchRow } from '../zoo/fetch-row';
import { findRow } from '../zoo/find-row';

export interface StartFrom extends Pick<LoadWeightsOptions, 'opaqueClasses' | 'limits'> {
  /** A checkpoint, a model's folder, or a name of the zoo. */
  readonly from: string;
  /** The whole network, or a classifier's checkpoint as the backbone. @defaultValue `'whole'`; `'backbone'` for the zoo's classifiers */
  readonly part?: 'whole' | 'backbone';
}

/**
 * Puts a checkpoint's weights in their places; those of another shape, as of a head for other classes, stay random, and are told.
 *
 * @param weights - replaced tensors are disposed.
 * @returns the names that were loaded.
 * @throws ModelFileError, InvalidArgumentError, WeightFormatError, StateDictMismatchError, DownloadError.
 */
export async function startFrom<T extends TaskTypes>(
  task: Task<T>,
  weights: StateDict,
  model: T['model'],
  start: StartFrom,
  options: ResolveOptions & { readonly onNote?: (line: string) => void } = {},
): Promise<readonly string[]> {
  const { onNote: tell = () => {}, signal } = options;
  const { path, part } = await locate(task, start, options);
  const { opaqueClasses, limits } = start;
  const how: LoadWeightsOptions = {
    ...{ opaqueClasses, limits, strict: false, skipMismatched: true },
    ...defined({ signal }),
    onReport: ({ mismatched, missing, unreadable }) => {
      for (const { name, reason } of unreadable) tell(`${name}: random, as it cannot be read: ${reason}`);
      for (const { name, expected, received } of mismatched) {
        tell(`${name}: random, as the file's shape is [${received.join()}] and not [${expected.join()}]`);
      }
      if (part === 'whole' && missing.length > 0) tell(`random, as missing: ${missing.join(', ')}`);
    },
  };
  const loaded = await (part === 'backbone'
    ? loadBackboneWeights(path, model.config.backbone, task.weights.backbonePrefix, how)
    : loadTaskWeights(task, path, model, how));
  for (const [name, tensor] of Object.entries(loaded)) {
    weights[name]!.dispose();
    weights[name] = tensor;
  }
  return Object.keys(loaded);
}

async function locate<T extends TaskTypes>(
  task: Task<T>,
  { from, part }: StartFrom,
  options: ResolveOptions,
): Promise<{ readonly path: string; readonly part: 'whole' | 'backbone' }> {
  if (existsSync(from)) {
    if (!statSync(from).isDirectory()) return { path: from, part: part ?? 'whole' };
    return { path: (await readTrained(task, from)).weights, part: part ?? 'whole' };
  }
  const backbone = BACKBONES.find(({ name }) => name === from);
  if (backbone === undefined && /[\\/.]/.test(from.slice(-12)) && /\.\w+$/.test(from)) {
    throw new InvalidArgumentError('train', 'weights', from, 'a file or folder that is there, or a name of the zoo');
  }
  const row = backbone ?? findRow([...task.zoo, ...BACKBONES], from, task.noun);
  return { path: (await fetchRow(row, options)).path, part: part ?? (backbone === undefined ? 'whole' : 'backbone') };
}
