/** A classifier's checkpoint as the backbone of a larger network. */
import type { StateDict } from '@icconv/tensor-ops';
import { type LoadStateDictOptions, loadStateDict } from '@icconv/tensor-ops/weights';
import type { ResNetConfig } from '../config/resnet-config';
import { inceptionCounts, resnetShapes } from '../resnet/features';

export type LoadWeightsOptions = Pick<
  LoadStateDictOptions,
  'skipMismatched' | 'strict' | 'ema' | 'container' | 'opaqueClasses' | 'limits' | 'onReport' | 'onProgress' | 'signal'
>;

/**
 * Loads a classifier's checkpoint (ImageNet's, say); its `fc` layer is left out. A plain checkpoint gives an inception backbone its start.
 *
 * @param prefix - of the backbone's names in the network: `backbone.`.
 * @returns weights by the network's names; the caller owns them.
 */
export async function loadBackboneWeights(
  path: string,
  config: ResNetConfig,
  prefix: string,
  options: LoadWeightsOptions = {},
): Promise<StateDict> {
  const { classes: _, ...backbone } = config;
  const counts = inceptionCounts(backbone);
  const weights = await loadStateDict(path, {
    ...options,
    expected: resnetShapes(backbone),
    rename: (name) => (name.startsWith('fc.') ? undefined : name),
    ...(Object.keys(counts).length > 0 && { inceptionCounts: counts }),
  });
  return Object.fromEntries(Object.entries(weights).map(([name, tensor]) => [prefix + name, tensor]));
}
