/** A trained model in a folder: `model.json` says what it is, a weights file beside it what it has learned. */
import { existsSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { FileError } from '@icconv/base';
import { readText, writeAtomically } from '@icconv/base/files';
import { VisionError } from '@icconv/tensor-ops';
import type { z } from 'zod';

/** Name of the description in a model's folder. */
export const MODEL_FILE = 'model.json';
/** Looked for in this order where no weights are named. */
const WEIGHT_FILES = ['model.safetensors', 'best.safetensors', 'final.safetensors'] as const;

/** A description that cannot be read, or is none. */
export class ModelFileError extends VisionError {
  static override readonly kind: string = 'ModelFileError';

  constructor(path: string, fault: string, options?: { readonly cause?: unknown }) {
    super('ICCONV_MODEL_FILE', `${path}: ${fault}`, options);
  }
}

/** Writes a description into the folder, which is made where it is missing. @returns its path. */
export async function writeModelFile(folder: string, description: object): Promise<string> {
  const path = join(folder, MODEL_FILE);
  await writeAtomically(path, `${JSON.stringify(description, null, 2)}\n`);
  return path;
}

/**
 * Reads a description.
 *
 * @param path - the folder, or the file itself.
 * @param what - for the message where it is missing: `detector`.
 * @returns also the path of the weights beside it: the first of model, best and final.safetensors.
 * @throws {@link ModelFileError} with every fault and its place.
 */
export async function readModelFile<T extends z.ZodType>(
  path: string,
  schema: T,
  what: string,
): Promise<{ readonly description: z.output<T>; readonly weights: string | undefined }> {
  const isFolder = existsSync(path) && statSync(path).isDirectory();
  const file = isFolder ? join(path, MODEL_FILE) : path;
  if (!existsSync(file)) throw new ModelFileError(file, `not found; expected the folder of a trained ${what}`);
  let json: unknown;
  try {
    json = JSON.parse(await readText(file));
  } catch (error) {
    const fault = FileError.isInstance(error) ? error.reason : `is no JSON: ${(error as Error).message}`;
    throw new ModelFileError(file, fault, { cause: error });
  }
  const result = schema.safeParse(json);
  if (!result.success) {
    const faults = result.error.issues.map(({ path: place, message }) => `${place.join('.') || 'file'}: ${message}`);
    throw new ModelFileError(file, faults.join('; '));
  }
  const weights = WEIGHT_FILES.map((name) => join(dirname(file), name)).find((name) => existsSync(name));
  return { description: result.data, weights };
}
