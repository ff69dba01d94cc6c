/** A network's description with its weights, whole or what stands under its heads. */
import { defined } from '@icconv/base';
import type { ResNetConfig, StateDict } from '@icconv/models';
import type { OpenWeightsOptions } from '@icconv/tensor-ops/weights';
import { dispose, type Tensor } from '@tensorflow/tfjs-core';
import type { Task, TaskTypes } from '../contract/task';
import { loadTaskWeights } from './load-task-weights';
import { type ResolveOptions, resolveModel } from './resolve-model';

export type LoadNetworkOptions = ResolveOptions & Pick<OpenWeightsOptions, 'opaqueClasses' | 'limits'>;

export interface LoadedNetwork<T extends TaskTypes> {
  readonly model: T['model'];
  /** By the task's names; the caller disposes them. */
  readonly weights: StateDict;
}

/**
 * Loads a task's network without making it run.
 *
 * @param model - a name of the zoo, or a trained model's folder.
 * @throws as `resolveModel`; StateDictMismatchError when the weights belong to another network.
 */
export async function loadNetwork<T extends TaskTypes>(
  task: Task<T>,
  model: string,
  options: LoadNetworkOptions = {},
): Promise<LoadedNetwork<T>> {
  const { opaqueClasses, limits, signal } = options;
  const found = await resolveModel(task, { model }, options);
  const reading = { opaqueClasses, limits, ...defined({ signal }) };
  return { model: found.model, weights: await loadTaskWeights(task, found.weights as string, found.model, reading) };
}

export interface NetworkBackbone {
  readonly config: ResNetConfig;
  /** By the backbone's own names; the caller disposes them. */
  readonly weights: Record<string, Tensor>;
}

/**
 * Loads the backbone of a task's network.
 *
 * @param model - a name of the zoo, or a trained model's folder.
 * @throws as `resolveModel`; StateDictMismatchError when the weights belong to another network.
 */
export async function loadNetworkBackbone<T extends TaskTypes>(
  task: Task<T>,
  model: string,
  options: LoadNetworkOptions = {},
): Promise<NetworkBackbone> {
  const { model: whole, weights: all } = await loadNetwork(task, model, options);
  const { backbonePrefix } = task.weights;
  const weights: Record<string, Tensor> = {};
  for (const [name, tensor] of Object.entries(all)) {
    if (name.startsWith(backbonePrefix)) weights[name.slice(backbonePrefix.length)] = tensor;
    else dispose(tensor);
  }
  return { config: whole.config.backbone, weights };
}
