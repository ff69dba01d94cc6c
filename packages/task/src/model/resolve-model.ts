/** What a network is made from, and what that comes to: a description and weights. */
import { existsSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { withChanges } from '@icconv/base/config';
import type { StateDict } from '@icconv/models';
import { InvalidArgumentError } from '@icconv/tensor-ops';
import type { OpenWeightsOptions } from '@icconv/tensor-ops/weights';
import type { Task, TaskTypes } from '../contract/task';
import { type FetchModelOptions, fetchRow } from '../zoo/fetch-row';
import { findRow, rowOfFile } from '../zoo/find-row';
import { type BackboneChoice, chosenBackbone } from './backbone-choice';
import { MODEL_FILE } from './description';
import { readModel, readTrained } from './model-folder';

/** A name of the zoo, or a trained model's folder. */
export interface NamedSource {
  readonly model: string;
  /** @defaultValue model, best or final.safetensors in the folder; the zoo's file */
  readonly weights?: string;
}

/** A checkpoint, and what it belongs to. */
export interface CheckpointSource extends BackboneChoice {
  /** A file, of whatever library the task knows; or loaded weights by its names, which stay the caller's. */
  readonly weights: string | Readonly<StateDict>;
}

/** What differs from a configuration: any of its values at any depth, lists whole. */
export type Changes<C> = { readonly [K in keyof C]?: C[K] extends readonly unknown[] ? C[K] : C[K] | Changes<C[K]> };

/** As strings: a name of the zoo, a model's folder or its `model.json`, or a checkpoint of the zoo on the disk. */
export type ModelSource<T extends TaskTypes> = string | DescribedSource<T>;

export type DescribedSource<T extends TaskTypes> = (
  | NamedSource
  | (CheckpointSource & T['checkpoint'])
  | (T['model'] & { readonly weights: string | Readonly<StateDict> })
) & {
  readonly changes?: Changes<T['model']['config']>;
};

export interface ResolveOptions extends Pick<FetchModelOptions, 'offline' | 'signal' | 'onProgress'> {}

export interface ResolvedModel<T extends TaskTypes> {
  readonly model: T['model'];
  readonly weights: string | Readonly<StateDict>;
}

/** @throws ModelFileError, InvalidArgumentError, DownloadError, ConfigError for changes that do not fit. */
export async function resolveModel<T extends TaskTypes>(
  task: Task<T>,
  source: ModelSource<T>,
  options: ResolveOptions & Pick<OpenWeightsOptions, 'opaqueClasses' | 'limits'> = {},
): Promise<ResolvedModel<T>> {
  const given: DescribedSource<T> = typeof source === 'string' ? { model: source } : source;
  const resolved = await find(task, given, options);
  if (given.changes === undefined) return resolved;
  return {
    ...resolved,
    model: changedModel(task, resolved.model, given.changes, { file: 'changes', place: 'config' }),
  };
}

/**
 * A model with some values of its configuration changed.
 *
 * @param at - where the changes stand, for messages.
 * @throws ConfigError with one line for each value that does not fit.
 */
export function changedModel<T extends TaskTypes>(
  { model: { configSchema, fixed } }: Task<T>,
  model: T['model'],
  changes: object,
  at: { readonly file: string; readonly place: string },
): T['model'] {
  const config = withChanges(model.config, changes, configSchema, { ...at, elsewhere: fixed });
  return { ...model, config };
}

async function find<T extends TaskTypes>(
  task: Task<T>,
  source: DescribedSource<T>,
  options: ResolveOptions & Pick<OpenWeightsOptions, 'opaqueClasses' | 'limits'>,
): Promise<ResolvedModel<T>> {
  if ('model' in source) return findNamed(task, source as NamedSource, options);
  if ('config' in source) {
    const { weights, ...model } = source as T['model'] & { readonly weights: string | Readonly<StateDict> };
    return { model: model as T['model'], weights };
  }
  const checkpoint = source as CheckpointSource & T['checkpoint'];
  const reading = { opaqueClasses: options.opaqueClasses, limits: options.limits };
  const backbone = await chosenBackbone(checkpoint, checkpoint.weights, reading);
  const model = await task.model.ofCheckpoint(checkpoint, backbone, checkpoint.weights, reading);
  return { model, weights: checkpoint.weights };
}

async function findNamed<T extends TaskTypes>(
  task: Task<T>,
  { model: name, weights: chosen }: NamedSource,
  options: ResolveOptions,
): Promise<ResolvedModel<T>> {
  const place = placeOf(name);
  if (place === 'folder' || place === 'description') return readTrained(task, name, chosen);
  if (place === 'weights') {
    const row = rowOfFile(task.zoo, name);
    if (row !== undefined) return { model: row.model, weights: chosen ?? name };
    if (existsSync(join(dirname(name), MODEL_FILE))) {
      return { model: (await readModel(task, dirname(name))).model, weights: chosen ?? name };
    }
    const expected = `a model's folder or a name of the zoo; of a bare checkpoint its backbone has to be given too`;
    throw new InvalidArgumentError(task.inference.verb, 'model', name, expected);
  }
  const row = findRow(task.zoo, name, task.noun);
  return { model: row.model, weights: chosen ?? (await fetchRow(row, options)).path };
}

function placeOf(path: string): 'folder' | 'description' | 'weights' | undefined {
  if (!existsSync(path)) return undefined;
  if (statSync(path).isDirectory()) return 'folder';
  return basename(path).endsWith('.json') ? 'description' : 'weights';
}
