/** For each seed: the super-network, a pattern by each method, the training of its network, a line of results. */
import { join } from 'node:path';
import { type CocoId, CocoResults, evaluate, metricValue } from '@icconv/coco';
import {
  type Baseline,
  baselinePattern,
  cropWeights,
  type ObjectiveName,
  patternError,
  plainConfig,
  resnetNetwork,
  searchDilations,
  superConfig,
  superLayers,
  superNetworkReadiness,
} from '@icconv/edo';
import { type DilationPattern, patternStatistics } from '@icconv/inception-conv';
import type { ResNetConfig, StateDict } from '@icconv/models';
import { changedModel, findInData, localRunner, type TaskModel } from '@icconv/task';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { pictures } from '../../../experiments/src/pictures';
import { appendRow, readRows } from '../rows';
import { type Method, type Starved, TASKS } from './config';
import { heightOfArea, openSplit } from './dataset';
import { effectiveField } from './field';
import { type Field, type Row, type Stage, sizeClasses } from './results';
import { type Context, train, trainedNetwork } from './train';

export interface Paths {
  readonly results: string;
  readonly folder: string;
  readonly data: string;
}

/** Files beside the results: stages of super-networks, and how far trained networks see. */
export const besideResults = (results: string, what: 'super' | 'fields'): string =>
  results.replace(/(\.csv)?$/, `-${what}.csv`);

export async function runStarved(
  config: Starved,
  { results, folder, data }: Paths,
  { signal, onRow }: { readonly signal?: AbortSignal; readonly onRow?: (row: Row) => void } = {},
): Promise<void> {
  const open = (split: 'train' | 'test') => openSplit(data, split, config.data[split], config.scene);
  const splits = { train: await open('train'), test: await open('test') };
  for (const seed of config.seeds) {
    const own = join(folder, String(seed));
    const context: Context = {
      config,
      task: TASKS[config.task],
      seed,
      folder: own,
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
export async function measureFields(config: Starved, { results, folder, data }: Paths): Promise<void> {
  const task = TASKS[config.task];
  const path = besideResults(results, 'fields');
  const train = await openSplit(data, 'train', config.data.train, config.scene);
  const known = new Set(readRows<Field>(path).map(({ method, seed }) => `${seed} ${method}`));
  for (const { method, seed } of readRows<Row>(results)) {
    if (known.has(`${seed} ${method}`)) continue;
    const found = await trainedNetwork(task, join(folder, String(seed), method));
    if (found === undefined) continue;
    const images: Tensor4D[] = [];
    for await (const image of pictures(task, found.model, train, FIELD_IMAGES)) images.push(image);
    const field = effectiveField(found.weights, found.model.config.backbone, task.weights.backbonePrefix, images);
    tf.dispose(found.weights);
    await appendRow<Field>(path, { method, seed, ...field });
  }
}

interface Network {
  readonly model: TaskModel;
  readonly weights: StateDict;
  readonly seconds: number;
}

function modelOf({ config, task, train: { dataset } }: Context, backbone: ResNetConfig): TaskModel {
  const { model } = task.training.settings.network({ model: {}, data: {}, file: 'configuration' }, backbone, dataset);
  return changedModel(task, model, config.model.config, { file: 'configuration', place: 'model.config' });
}

async function superNetwork(context: Context, stages: string): Promise<Network> {
  const { config, task, seed } = context;
  const { backbone, maxDilation } = config.model;
  const model = modelOf(context, superConfig(backbone, { maxDilation }));
  const prefix = task.weights.backbonePrefix;
  const start = () => {
    const weights = task.weights.init(model, { seed });
    for (const { name } of superLayers(model.config.backbone)) {
      const key = `${prefix}${name}.weight`;
      const whole = weights[key]!;
      weights[key] = tf.mul(whole, config.superScale);
      whole.dispose();
    }
    return weights;
  };
  const onStop = async (updates: number, weights: StateDict) => {
    const network = resnetNetwork(weights, model.config.backbone, { prefix });
    const found = await searchDilations(network);
    const random = patternError(found.layers, baseline(context, model.config.backbone, 'random'));
    const warns = superNetworkReadiness(found, { random }) === undefined ? 0 : 1;
    const { mean: best } = found.error;
    await appendRow<Stage>(stages, { method: 'super', seed, updates, best, random: random.mean, warns });
  };
  return {
    model,
    ...(await train(context, 'super', model, config.superRecipe, start, { stops: config.readiness, onStop })),
  };
}

const updatesOf = ({ train: { dataset } }: Context, { epochs, batchSize }: Starved['recipe']): number =>
  epochs * Math.ceil(dataset.getImgIds().length / batchSize);

async function superRow(context: Context, { model, weights, seconds }: Network): Promise<Row> {
  const measures = await measuresOf(context, model, weights);
  const updates = updatesOf(context, context.config.superRecipe);
  return {
    ...rowOf(context, 'super', updates),
    ...measures,
    lost: Number.NaN,
    undilated: Number.NaN,
    superSeconds: seconds,
    selectSeconds: 0,
    trainSeconds: 0,
  };
}

const rowOf = ({ seed }: Context, method: string, updates: number) => ({ method, seed, updates });

async function methodRow(context: Context, method: Method, network: Network): Promise<Row> {
  const { config, task } = context;
  const prefix = task.weights.backbonePrefix;
  const updates = updatesOf(context, config.superRecipe) + updatesOf(context, config.recipe);
  const wide = network.model.config.backbone;
  if (method === 'plain-scratch') {
    const model = modelOf(context, config.model.backbone);
    const recipe = { ...config.superRecipe, epochs: config.superRecipe.epochs + config.recipe.epochs };
    const { weights, seconds } = await train(context, method, model, recipe, () =>
      task.weights.init(model, { seed: context.seed }),
    );
    const measures = await measuresOf(context, model, weights);
    tf.dispose(weights);
    return {
      ...rowOf(context, method, updatesOf(context, recipe)),
      ...measures,
      lost: Number.NaN,
      undilated: 1,
      superSeconds: 0,
      selectSeconds: 0,
      trainSeconds: seconds,
    };
  }
  const before = process.cpuUsage();
  const pattern = await patternOf(context, method, network);
  const { user, system } = process.cpuUsage(before);
  const cut = cropWeights(network.weights, wide, pattern, { prefix });
  // Undilated inception layers are plain ones: the same function, and none of the kernel's time.
  const model = modelOf(context, method === 'plain-cut' ? plainConfig(wide) : cut.config);
  let taken = false;
  const { weights, seconds } = await train(context, method, model, config.recipe, () => {
    taken = true;
    return cut.weights;
  });
  // An earlier call had trained it.
  if (!taken) tf.dispose(cut.weights);
  const measures = await measuresOf(context, model, weights);
  tf.dispose(weights);
  const { layers } = await searchDilations(resnetNetwork(network.weights, wide, { prefix }));
  return {
    ...rowOf(context, method, updates),
    ...measures,
    lost: patternError(layers, pattern).mean,
    undilated: patternStatistics(pattern).undilated,
    superSeconds: network.seconds,
    selectSeconds: (user + system) / 1e6,
    trainSeconds: seconds,
  };
}

/** Over all pictures, and over those of each class of size. */
async function measuresOf(
  { config, task, test }: Context,
  model: TaskModel,
  weights: StateDict,
): Promise<Record<string, number>> {
  const runner = localRunner(task, model, weights);
  try {
    const { records, data } = await findInData(task, runner, test);
    const { dataset } = data;
    const { skeleton } = model.config as { skeleton?: { sigmas: readonly number[] } };
    const results = CocoResults.parse(records);
    const of = (imgIds: readonly CocoId[]) =>
      evaluate(dataset, results, {
        imgIds,
        ...(skeleton === undefined ? { iouType: 'bbox' } : { iouType: 'keypoints', sigmas: skeleton.sigmas }),
      });
    const all = of(dataset.getImgIds());
    const heightOf = (id: CocoId) => heightOfArea(dataset.loadAnns(dataset.getAnnIds({ imgIds: id }))[0]?.area ?? 0);
    const bySize = sizeClasses(config).map(({ label, above, to }) => {
      const own = dataset.getImgIds().filter((id) => heightOf(id) > above && heightOf(id) <= to);
      return [label, metricValue(of(own), { kind: 'AP' })] as const;
    });
    return {
      AP: metricValue(all, { kind: 'AP' }),
      AP50: metricValue(all, { kind: 'AP', iou: 0.5 }),
      AP75: metricValue(all, { kind: 'AP', iou: 0.75 }),
      ...Object.fromEntries(bySize),
    };
  } finally {
    await runner.dispose();
  }
}

function baseline({ config, seed }: Context, wide: ResNetConfig, kind: Baseline, number = 0): DilationPattern {
  const layers = superLayers(wide).map(({ name, outChannels }) => ({ name, units: outChannels }));
  return baselinePattern(kind, layers, { maxDilation: config.model.maxDilation, seed: 100 * seed + number });
}

async function patternOf(
  context: Context,
  method: Exclude<Method, 'plain-scratch'>,
  { model, weights }: Network,
): Promise<DilationPattern> {
  const { config, task, train: data } = context;
  const wide = model.config.backbone;
  if (method === 'plain-cut') return baseline(context, wide, 'ones');
  if (method === 'manual') return baseline(context, wide, 'manual');
  if (method.startsWith('random-')) return baseline(context, wide, 'random', Number(method.slice('random-'.length)));
  const network = resnetNetwork(weights, wide, { prefix: task.weights.backbonePrefix });
  const objective = method.slice('edo-'.length) as ObjectiveName;
  return (await searchDilations(network, { objective, data: pictures(task, model, data, config.statisticsImages) }))
    .pattern;
}
