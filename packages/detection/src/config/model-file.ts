/** A detector in a folder: `model.json` says what it is, a weights file beside it what it has learned. */
import { readModelFile, writeModelFile } from '@icconv/models/files';
import { z } from 'zod';
import { configSchema, configToJson } from './config-schema';
import type { FasterRcnnConfig } from './faster-rcnn-config';

const FORMAT = 'icconv-detector/1';

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
  return writeModelFile(folder, { format: FORMAT, classes, config: configToJson(config) });
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
  const { description, weights } = await readModelFile(path, fileSchema, 'detector');
  return { config: description.config, classes: description.classes, weights };
}
