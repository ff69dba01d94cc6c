import { defined } from '@icconv/base';
import type { ResNetConfig, StateDict } from '@icconv/models';
import { resnetShapes } from '@icconv/models';
import { loadStateDict, type OpenWeightsOptions } from '@icconv/tensor-ops/weights';
import { superConfig } from '../network/resnet-layers';
import type { SearchConfig } from './search-schema';

/** A super-network: its weights, and the config that has the super-kernels. */
export interface SuperNetwork {
  /** The caller disposes them. */
  readonly weights: StateDict;
  readonly config: ResNetConfig;
}

/**
 * Loads the super-network that a configuration names.
 *
 * @param config - `weights` is a path from the working folder, or an absolute one.
 * @returns weights without the prefix; a classifier's `fc` is left out.
 * @throws StateDictMismatchError for the weights of another network, another K among them.
 */
export async function loadSuperNetwork(
  {
    weights,
    prefix,
    backbone,
    maxDilation,
    layers,
  }: Pick<SearchConfig, 'weights' | 'prefix' | 'backbone' | 'maxDilation' | 'layers'>,
  { signal, ...reading }: OpenWeightsOptions & { readonly signal?: AbortSignal } = {},
): Promise<SuperNetwork> {
  const config = superConfig(backbone, { maxDilation, ...defined({ layers }) });
  const loaded = await loadStateDict(weights, {
    ...reading,
    expected: resnetShapes(config),
    ...(prefix !== '' && { prefix }),
    rename: (name) => (name.startsWith('fc.') ? undefined : name),
    ...defined({ signal }),
  });
  return { weights: loaded, config };
}
