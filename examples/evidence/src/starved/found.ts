/** What each method comes to: a pattern, and the network that is to be trained on under it. */

import { ConfigError } from '@icconv/base/config';
import { cropWeights, type ObjectiveName, plainConfig, resnetNetwork, searchDilations } from '@icconv/edo';
import type { DilationPattern } from '@icconv/inception-conv';
import type { ResNetConfig, StateDict } from '@icconv/models';
import type { Task, TaskModel } from '@icconv/task';
import { seededRandom } from '@icconv/training';
import * as tf from '@tensorflow/tfjs-core';
import { pictures } from '../../../experiments/src/pictures';
import type { Method } from '../methods';
import { processorSeconds } from '../processor-time';
import { evolve } from '../sampling';
import { baseline } from './baseline';
import { stepMebibytes, trainingBatch } from './batch';
import { cutRelaxed, relaxedTask, relaxedWeights } from './relaxed';
import { fitnessBy, sampledTask } from './sampled';
import { asPattern, choicesOf, searchedLayers } from './searched';
import { type SuperNetwork, superStart, wideModel } from './super-network';
import { type Context, train } from './train';

export interface Found {
  readonly pattern: DilationPattern;
  readonly backbone: ResNetConfig;
  /** Owned by the caller. */
  readonly weights: StateDict;
  /** Processor seconds of the training of what was searched, and of the choice after it. */
  readonly superSeconds: number;
  readonly selectSeconds: number;
  /** Of a step of that training. */
  readonly searchMebibytes: number;
}

export async function foundBy(
  context: Context,
  method: Exclude<Method, 'plain-scratch'>,
  network: SuperNetwork,
): Promise<Found> {
  if (method === 'darts') return foundByDarts(context);
  if (method === 'spos') return foundBySpos(context);
  const { model, weights, seconds, mebibytes } = network;
  const before = process.cpuUsage();
  const pattern = await patternOf(context, method, network);
  const selectSeconds = processorSeconds(before);
  const { task } = context;
  const wide = model.config.backbone;
  const cut = cropWeights(weights, wide, pattern, { prefix: task.weights.backbonePrefix });
  // Undilated inception layers are plain ones: the same function, and none of the kernel's time.
  const backbone = method === 'plain-cut' ? plainConfig(wide) : cut.config;
  const costs = { superSeconds: seconds, selectSeconds, searchMebibytes: mebibytes };
  return { pattern, backbone, weights: cut.weights, ...costs };
}

async function patternOf(
  context: Context,
  method: Exclude<Method, 'plain-scratch' | 'darts' | 'spos'>,
  { model, weights }: SuperNetwork,
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

/** Trains what is searched by a task of its own, for the super-network's updates and with its pictures. */
async function searchBy(context: Context, name: string, task: Task, model: TaskModel, start: () => StateDict) {
  const recipe = context.config.superRecipe;
  const { weights, seconds } = await train({ ...context, task }, name, model, recipe, start);
  return { weights, seconds, mebibytes: await stepMebibytes(task, model, weights, context.train, recipe) };
}

async function foundByDarts(context: Context): Promise<Found> {
  const { config, seed, task } = context;
  const model = wideModel(context);
  const wide = model.config.backbone;
  const start = () =>
    relaxedWeights(task, wide, task.weights.init(model, { seed }), { scale: config.superScale, seed });
  const searched = await searchBy(context, 'darts-search', relaxedTask(task, wide), model, start);
  const before = process.cpuUsage();
  const { pattern, config: backbone, weights } = cutRelaxed(task, wide, searched.weights);
  const selectSeconds = processorSeconds(before);
  tf.dispose(searched.weights);
  const costs = { superSeconds: searched.seconds, selectSeconds, searchMebibytes: searched.mebibytes };
  return { pattern, backbone, weights, ...costs };
}

async function foundBySpos(context: Context): Promise<Found> {
  const { config, seed, task, train: data } = context;
  if (config.spos === undefined) throw new ConfigError('configuration: spos: missing, and among the methods');
  const model = wideModel(context);
  const wide = model.config.backbone;
  const layers = searchedLayers(task, wide);
  const start = () => superStart(context, model);
  const searched = await searchBy(context, 'spos-search', sampledTask(task, wide), model, start);
  const before = process.cpuUsage();
  const recipe = { ...config.superRecipe, batchSize: config.spos.pictures };
  const batch = await trainingBatch(task, model, data, recipe);
  const fitness = fitnessBy(task, model, searched.weights, batch, recipe);
  const pattern = asPattern(layers, evolve(config.spos, choicesOf(layers), seededRandom(seed, 'evolution'), fitness));
  batch.dispose();
  const selectSeconds = processorSeconds(before);
  const cut = cropWeights(searched.weights, wide, pattern, { prefix: task.weights.backbonePrefix });
  tf.dispose(searched.weights);
  const costs = { superSeconds: searched.seconds, selectSeconds, searchMebibytes: searched.mebibytes };
  return { pattern, backbone: cut.config, weights: cut.weights, ...costs };
}
