/** A training's configuration from flags alone, or those of a file over which they go. */
import { resolve } from 'node:path';
import { defined } from '@icconv/base';
import { isDataYaml, readDataYaml } from '@icconv/coco/node';
import { InvalidArgumentError } from '@icconv/tensor-ops';

export interface DataFlags {
  readonly config?: string;
  readonly data?: string;
  readonly images?: string;
  readonly val?: string;
  readonly valImages?: string;
  readonly preset?: string;
  /** Minutes. */
  readonly time?: number;
  /** Pictures; `auto` is none yet. */
  readonly batchSize?: number | 'auto';
}

/**
 * Places of the configuration and their values, as `readConfig` takes them.
 *
 * @param task - whose training: without a file the run goes to `runs/<task>`.
 * @throws InvalidArgumentError where nothing says what to learn from; as `readDataYaml`.
 */
export async function givenConfig(task: string, flags: DataFlags): Promise<string[]> {
  const { config, data, images, valImages = images, preset, time, batchSize } = flags;
  if (config === undefined && data === undefined) {
    throw new InvalidArgumentError('train', '--data', data, 'given, or --config');
  }
  if (config !== undefined && preset !== undefined) {
    throw new InvalidArgumentError('train', '--preset', preset, 'not given with --config, whose file names it');
  }
  const val = flags.val ?? (data && (await hasVal(data)) ? data : undefined);
  const places = {
    ...(config === undefined && { preset: preset ?? 'small', output: resolve('runs', task) }),
    ...(data !== undefined && { 'data.train': dataSet(data, images) }),
    ...(val !== undefined && { 'data.val': dataSet(val, valImages) }),
    ...(time !== undefined && { 'recipe.minutes': time }),
    ...(typeof batchSize === 'number' && { 'recipe.batchSize': batchSize }),
  };
  // JSON is YAML on one line.
  return Object.entries(places).map(([place, value]) => `${place}=${JSON.stringify(value)}`);
}

/** Absolute: a file's own paths are relative to the file. */
const dataSet = (annotations: string, images: string | undefined) => ({
  annotations: resolve(annotations),
  ...defined({ images: images && resolve(images) }),
});

/** A `data.yaml` may name both parts of the data. */
const hasVal = async (data: string): Promise<boolean> =>
  isDataYaml(data) && (await readDataYaml(data)).splits.val !== undefined;
