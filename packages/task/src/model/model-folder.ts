/** A trained model in a folder: `model.json` says what it is, a weights file beside it what it has learned. */
import { existsSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { FileError } from '@icconv/base';
import { readText, writeAtomically } from '@icconv/base/files';
import type { Task, TaskTypes } from '../contract/task';
import { describedModel, MODEL_FILE, ModelFileError, parseDescription, WEIGHT_FILES } from './description';

/** Writes `model.json` into the folder, which is made where it is missing. @returns its path. */
export async function writeModel<T extends TaskTypes>(
  task: Task<T>,
  folder: string,
  model: T['model'],
): Promise<string> {
  const path = join(folder, MODEL_FILE);
  const description = { format: task.model.format, ...task.model.toJson(model) };
  await writeAtomically(path, `${JSON.stringify(description, null, 2)}\n`);
  return path;
}

export interface ModelInFolder<T extends TaskTypes> {
  readonly model: T['model'];
  /** The weights beside the description: the first of model, best and final.safetensors. */
  readonly weights: string | undefined;
}

/**
 * Reads a description.
 *
 * @param path - the folder, or the file itself.
 * @throws {@link ModelFileError} with every fault and its place.
 */
export async function readModel<T extends TaskTypes>(task: Task<T>, path: string): Promise<ModelInFolder<T>> {
  const { file, json } = await readDescription(path, task.noun);
  const model = describedModel(task, json, file);
  const weights = WEIGHT_FILES.map((name) => join(dirname(file), name)).find((name) => existsSync(name));
  return { model, weights };
}

/**
 * The same with weights: those that are named, or those in the folder.
 *
 * @throws {@link ModelFileError} also where there are none.
 */
export async function readTrained<T extends TaskTypes>(
  task: Task<T>,
  path: string,
  named?: string,
): Promise<{ readonly model: T['model']; readonly weights: string }> {
  const { model, weights: own } = await readModel(task, path);
  const weights = named ?? own;
  if (weights === undefined) throw new ModelFileError(path, 'no weights beside the description');
  return { model, weights };
}

/** Which of the tasks a folder's model is of. @throws {@link ModelFileError} */
export async function taskOfFolder<K extends { readonly task: { readonly model: { readonly format: string } } }>(
  path: string,
  tasks: readonly K[],
): Promise<K> {
  const { file, json } = await readDescription(path, 'model');
  const found = tasks.find(({ task }) => task.model.format === json.format);
  if (found !== undefined) return found;
  const known = tasks.map(({ task }) => `"${task.model.format}"`).join(', ');
  throw new ModelFileError(file, `format: expected one of ${known}, received ${JSON.stringify(json.format)}`);
}

/** A description as it stands in the file, and where that is. */
async function readDescription(
  path: string,
  noun: string,
): Promise<{ readonly file: string; readonly json: Readonly<Record<string, unknown>> }> {
  const file = existsSync(path) && statSync(path).isDirectory() ? join(path, MODEL_FILE) : path;
  if (!existsSync(file)) throw new ModelFileError(file, `not found; expected the folder of a trained ${noun}`);
  const text = await readText(file).catch((error: unknown) => {
    if (!FileError.isInstance(error)) throw error;
    throw new ModelFileError(file, error.reason, { cause: error });
  });
  return { file, json: parseDescription(text, file) };
}
