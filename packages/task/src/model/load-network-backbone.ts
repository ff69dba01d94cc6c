/** What stands under the heads of a network. */
import { defined } from '@icconv/base';
import type { ResNetConfig } from '@icconv/models';
import type { OpenWeightsOptions } from '@icconv/tensor-ops/weights';
import { dispose, type Tensor } from '@tensorflow/tfjs-core';
import type { Task, TaskTypes } from '../contract/task';
import { type ResolveOptions, resolveModel } from './resolve-model';

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
  options: ResolveOptions & Pick<OpenWeightsOptions, 'opaqueClasses' | 'limits'> = {},
): Promise<NetworkBackbone> {
  const { opaqueClasses, limits, signal } = options;
  const found = await resolveModel(task, { model }, options);
  const { load, backbonePrefix } = task.weights;
  const reading = { opaqueClasses, limits, ...defined({ signal }) };
  const all = await load(found.weights as string, found.model, reading);
  const weights: Record<string, Tensor> = {};
  for (const [name, tensor] of Object.entries(all)) {
    if (name.startsWith(backbonePrefix)) weights[name.slice(backbonePrefix.length)] = tensor;
    else dispose(tensor);
  }
  return { config: found.model.config.backbone, weights };
}
