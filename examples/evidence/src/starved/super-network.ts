/** The super-network of a seed. */

import { defined } from '@icconv/base';
import { ConfigError } from '@icconv/base/config';
import {
  patternError,
  resnetNetwork,
  searchDilations,
  superConfig,
  superLayers,
  superNetworkReadiness,
} from '@icconv/edo';
import type { ResNetConfig, StateDict } from '@icconv/models';
import { changedModel, type Task, type TaskModel } from '@icconv/task';
import * as tf from '@tensorflow/tfjs-core';
import { appendRow } from '../rows';
import { baseline } from './baseline';
import { stepMebibytes } from './batch';
import type { Stage } from './results';
import { searchedLayers } from './searched';
import { type Context, train } from './train';

export interface SuperNetwork {
  readonly model: TaskModel;
  /** Owned by the caller. */
  readonly weights: StateDict;
  readonly seconds: number;
  /** Of a step. */
  readonly mebibytes: number;
}

export function modelOf({ config, task, train: { dataset } }: Context, backbone: ResNetConfig): TaskModel {
  const { model } = task.training.settings.network({ model: {}, data: {}, file: 'configuration' }, backbone, dataset);
  return changedModel(task, model, config.model.config, { file: 'configuration', place: 'model.config' });
}

/** The model whose super-kernels have room for dilations up to `maxDilation`. */
export const wideModel = (context: Context, maxDilation = context.config.model.maxDilation): TaskModel =>
  modelOf(context, superConfig(context.config.model.backbone, { maxDilation }));

/** First weights of a super-network; the caller owns them. */
export function superStart({ config, task, seed }: Context, model: TaskModel): StateDict {
  const weights = task.weights.init(model, { seed });
  for (const { key } of searchedLayers(task, model.config.backbone)) {
    const whole = weights[key]!;
    weights[key] = tf.mul(whole, config.superScale);
    whole.dispose();
  }
  return weights;
}

/** @param stages - file of what the search would lose on the way. */
export async function superNetwork(context: Context, stages: string): Promise<SuperNetwork> {
  const { config, seed, task } = context;
  const { growth = [], superRecipe, tapPenalty } = config;
  const dilations = [...growth, config.model.maxDilation];
  if (dilations.some((dilation, i) => i > 0 && dilation <= dilations[i - 1]!)) {
    throw new ConfigError(`configuration: growth: ${growth.join(', ')} do not ascend to below ${dilations.at(-1)}`);
  }
  const epochs = superRecipe.epochs / dilations.length;
  if (!Number.isInteger(epochs)) {
    throw new ConfigError(
      `configuration: superRecipe.epochs: ${superRecipe.epochs} are no multiple of the growth's stages`,
    );
  }
  const onStop = async (updates: number, weights: StateDict, model: TaskModel) => {
    const network = resnetNetwork(weights, model.config.backbone, { prefix: task.weights.backbonePrefix });
    const found = await searchDilations(network);
    const random = patternError(found.layers, baseline(context, model.config.backbone, 'random'));
    const warns = superNetworkReadiness(found, { random }) === undefined ? 0 : 1;
    const { mean: best } = found.error;
    await appendRow<Stage>(stages, { method: 'super', seed, updates, best, random: random.mean, warns });
  };
  let seconds = 0;
  let before: StateDict | undefined;
  for (const [i, maxDilation] of dilations.entries()) {
    const model = wideModel(context, maxDilation);
    const last = i === dilations.length - 1;
    const start = () => {
      if (before === undefined) return superStart(context, model);
      const wider = widened(task, before, model);
      before = undefined;
      return wider;
    };
    const stops = last ? { stops: config.readiness, onStop: (n: number, w: StateDict) => onStop(n, w, model) } : {};
    const name = last ? 'super' : `super-${maxDilation}`;
    const trained = await train(
      { ...context, folder: context.superFolder },
      name,
      model,
      { ...superRecipe, epochs, ...defined({ tapPenalty }) },
      start,
      stops,
    );
    seconds += trained.seconds;
    // Where the next network was trained by an earlier call, nobody has taken it.
    tf.dispose(before ?? {});
    before = trained.weights;
    if (!last) continue;
    const mebibytes = await stepMebibytes(task, model, trained.weights, context.train, superRecipe);
    return { model, weights: trained.weights, seconds, mebibytes };
  }
  throw new Error('a super-network has a last stage');
}

/** Super-kernels with a border of zeros, as large as the model's; takes the weights. */
export function widened(task: Task, weights: StateDict, model: TaskModel): StateDict {
  const shapes = new Map(superLayers(model.config.backbone).map(({ name, size }) => [name, size]));
  for (const { key, name } of searchedLayers(task, model.config.backbone)) {
    const small = weights[key] as tf.Tensor4D;
    const border = (shapes.get(name)! - small.shape[0]) / 2;
    weights[key] = tf.pad(small, [
      [border, border],
      [border, border],
      [0, 0],
      [0, 0],
    ]);
    small.dispose();
  }
  return weights;
}
