/** A pose estimator in a folder: `model.json` says what it is, a weights file beside it what it has learned. */
import { readModelFile, writeModelFile } from '@icconv/models/files';
import { z } from 'zod';
import { configSchema, configToJson } from './config-schema';
import type { PoseConfig } from './pose-config';

const FORMAT = 'icconv-pose/1';
const fileSchema = z.strictObject({ format: z.literal(FORMAT), config: configSchema });

/** Writes `model.json` into the folder, which is made where it is missing. @returns its path. */
export async function writePoseModel(folder: string, config: PoseConfig): Promise<string> {
  return writeModelFile(folder, { format: FORMAT, config: configToJson(config) });
}

/**
 * Reads a description.
 *
 * @param path - the folder, or the file itself.
 * @returns also the path of the weights beside it: the first of model, best and final.safetensors.
 * @throws ModelFileError with every fault and its place.
 */
export async function readPoseModel(
  path: string,
): Promise<{ readonly config: PoseConfig; readonly weights: string | undefined }> {
  const { description, weights } = await readModelFile(path, fileSchema, 'pose estimator');
  return { config: description.config, weights };
}
