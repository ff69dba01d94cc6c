/** A detector in a folder: `model.json` says what it is, a weights file beside it what it has learned. */
import { existsSync, statSync } from 'node:fs';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { VisionError } from '@icconv/tensor-ops';
import { z } from 'zod';
import { configSchema, configToJson } from './config-schema';
import type { FasterRcnnConfig } from './faster-rcnn-config';

/** Name of the description in a model's folder. */
export const MODEL_FILE = 'model.json';
const FORMAT = 'icconv-detector/1';
/** Looked for in this order where no weights are named. */
const WEIGHT_FILES = ['model.safetensors', 'best.safetensors', 'final.safetensors'] as const;

/** A description that cannot be read, or is none. */
export class ModelFileError extends VisionError {
  constructor(path: string, fault: string, options?: { readonly cause?: unknown }) {
    super('ICCONV_MODEL_FILE', `${path}: ${fault}`, options);
  }
}

export interface DetectorModel {
  readonly config: FasterRcnnConfig;
  /** Names of the classes by number. */
  readonly classes: readonly string[];
}

const fileSchema = z
  .strictObject({ format: z.literal(FORMAT), classes: z.array(z.string()).min(1), config: configSchema })
  .refine(({ classes, config }) => classes.length === config.classes, {
    path: ['classes'],
    message: 'must be as many as config.classes',
  });

/** Writes `model.json` into the folder, which is made where it is missing. @returns its path. */
export async function writeDetectorModel(folder: string, { config, classes }: DetectorModel): Promise<string> {
  await mkdir(folder, { recursive: true });
  const path = join(folder, MODEL_FILE);
  const text = JSON.stringify({ format: FORMAT, classes, config: configToJson(config) }, null, 2);
  await writeFile(`${path}.part`, `${text}\n`);
  await rename(`${path}.part`, path);
  return path;
}

/**
 * Reads a description.
 *
 * @param path - the folder, or the file itself.
 * @returns also the path of the weights beside it: the first of model, best and final.safetensors.
 * @throws {@link ModelFileError} with every fault and its place.
 */
export async function readDetectorModel(
  path: string,
): Promise<DetectorModel & { readonly weights: string | undefined }> {
  const isFolder = existsSync(path) && statSync(path).isDirectory();
  const file = isFolder ? join(path, MODEL_FILE) : path;
  let json: unknown;
  try {
    json = JSON.parse(await readFile(file, 'utf8'));
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    const fault = missing ? 'not found; expected the folder of a trained detector' : (error as Error).message;
    throw new ModelFileError(file, fault, { cause: error });
  }
  const result = fileSchema.safeParse(json);
  if (!result.success) {
    const faults = result.error.issues.map(({ path: place, message }) => `${place.join('.') || 'file'}: ${message}`);
    throw new ModelFileError(file, faults.join('; '));
  }
  const { config, classes } = result.data;
  const weights = WEIGHT_FILES.map((name) => join(dirname(file), name)).find((name) => existsSync(name));
  return { config: config as FasterRcnnConfig, classes, weights };
}
