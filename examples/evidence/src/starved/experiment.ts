/** For each seed: the super-network, a pattern by each method, the training of its network, a line of results. */
import { join } from 'node:path';
import { patternError, resnetNetwork, searchDilations } from '@icconv/edo';
import { patternStatistics } from '@icconv/inception-conv';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { pictures } from '../../../experiments/src/pictures';
import type { Method } from '../methods';
import { appendRow, readRows } from '../rows';
import { type Starved, TASKS } from './config';
import type { Splits } from './data';
import { effectiveField } from './field';
import { foundBy } from './found';
import { measuresOf } from './measures';
import type { Field, Row } from './results';
import { modelOf, type SuperNetwork, superNetwork } from './super-network';
import { type Context, train, trainedNetwork } from './train';

export interface Paths {
  readonly results: string;
  readonly folder: string;
  /** Of the super-networks. @defaultValue `folder` */
  readonly superFolder?: string;
}

/** Files beside the results: stages of super-networks, and how far trained networks see. */
export const besideResults = (results: string, what: 'super' | 'fields'): string =>
  results.replace(/(\.csv)?$/, `-${what}.csv`);

export async function runStarved(
  config: Starved,
  splits: Splits,
  { results, folder, superFolder = folder }: Paths,
  { signal, onRow }: { readonly signal?: AbortSignal; readonly onRow?: (row: Row) => void } = {},
): Promise<void> {
  for (const seed of config.seeds) {
    const context: Context = {
      config,
      task: TASKS[config.task],
      seed,
      folder: join(folder, String(seed)),
      superFolder: join(superFolder, String(seed)),
      ...splits,
      ...(signal !== undefined && { signal }),
    };
    const done = (method: string) => readRows<Row>(results).some((row) => row.method === method && row.seed === seed);
    const add = async (row: Row) => {
      await appendRow(results, row);
      onRow?.(row);
    };
    const left = config.methods.filter((method) => !done(method));
    if (left.length === 0) continue;
    const network = await superNetwork(context, besideResults(results, 'super'));
    try {
      if (!done('super')) await add(await superRow(context, network));
      for (const method of left) await add(await methodRow(context, method, network));
    } finally {
      tf.dispose(network.weights);
    }
  }
}

/** Pictures that fields are measured on. */
const FIELD_IMAGES = 8;

/** Measures how far each trained network sees that has not been measured yet; those of other machines are left out. */
export async function measureFields(
  config: Starved,
  { train }: Splits,
  { results, folder, superFolder = folder }: Paths,
): Promise<void> {
  const task = TASKS[config.task];
  const path = besideResults(results, 'fields');
  const known = new Set(readRows<Field>(path).map(({ method, seed }) => `${seed} ${method}`));
  for (const { method, seed } of readRows<Row>(results)) {
    if (known.has(`${seed} ${method}`)) continue;
    const own = method === 'super' ? superFolder : folder;
    const found = await trainedNetwork(task, join(own, String(seed), method));
    if (found === undefined) continue;
    const images: Tensor4D[] = [];
    for await (const image of pictures(task, found.model, train, FIELD_IMAGES)) images.push(image);
    const field = effectiveField(found.weights, found.model.config.backbone, task.weights.backbonePrefix, images);
    tf.dispose(found.weights);
    await appendRow<Field>(path, { method, seed, ...field });
  }
}

const updatesOf = ({ train: { dataset } }: Context, { epochs, batchSize }: Starved['recipe']): number =>
  epochs * Math.ceil(dataset.getImgIds().length / batchSize);

async function superRow(context: Context, { model, weights, seconds, mebibytes }: SuperNetwork): Promise<Row> {
  return {
    method: 'super',
    seed: context.seed,
    updates: updatesOf(context, context.config.superRecipe),
    ...(await measuresOf(context, model, weights)),
    lost: Number.NaN,
    undilated: Number.NaN,
    superSeconds: seconds,
    selectSeconds: 0,
    trainSeconds: 0,
    searchMebibytes: mebibytes,
  };
}

async function scratchRow(context: Context): Promise<Row> {
  const { config, task, seed } = context;
  const method = 'plain-scratch';
  const model = modelOf(context, config.model.backbone);
  const recipe = { ...config.superRecipe, epochs: config.superRecipe.epochs + config.recipe.epochs };
  const start = () => task.weights.init(model, { seed });
  const { weights, seconds } = await train(context, method, model, recipe, start);
  const measures = await measuresOf(context, model, weights);
  tf.dispose(weights);
  return {
    ...{ method, seed, updates: updatesOf(context, recipe), ...measures, lost: Number.NaN, undilated: 1 },
    ...{ superSeconds: 0, selectSeconds: 0, trainSeconds: seconds, searchMebibytes: 0 },
  };
}

async function methodRow(context: Context, method: Method, network: SuperNetwork): Promise<Row> {
  if (method === 'plain-scratch') return scratchRow(context);
  const { config, task, seed } = context;
  const { superSeconds, selectSeconds, searchMebibytes, ...found } = await foundBy(context, method, network);
  const model = modelOf(context, found.backbone);
  let taken = false;
  const { weights, seconds } = await train(context, method, model, config.recipe, () => {
    taken = true;
    return found.weights;
  });
  // An earlier call had trained it.
  if (!taken) tf.dispose(found.weights);
  const measures = await measuresOf(context, model, weights);
  tf.dispose(weights);
  const prefix = task.weights.backbonePrefix;
  const { layers } = await searchDilations(resnetNetwork(network.weights, network.model.config.backbone, { prefix }));
  return {
    method,
    seed,
    updates: updatesOf(context, config.superRecipe) + updatesOf(context, config.recipe),
    ...measures,
    lost: patternError(layers, found.pattern).mean,
    undilated: patternStatistics(found.pattern).undilated,
    ...{ superSeconds, selectSeconds, trainSeconds: seconds, searchMebibytes },
  };
}
