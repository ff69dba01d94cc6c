/** Checkpoints of ResNets: of classifiers, and of these as the backbone of a larger network. */
import type { StateDict } from '@icconv/tensor-ops';
import { type LoadStateDictOptions, loadStateDict } from '@icconv/tensor-ops/weights';
import type { ResNetConfig } from '../config/resnet-config';
import { inceptionCounts, resnetShapes } from '../resnet/features';
import { prefixed } from '../state-dict';

export type LoadWeightsOptions = Pick<
  LoadStateDictOptions,
  'skipMismatched' | 'strict' | 'ema' | 'container' | 'opaqueClasses' | 'limits' | 'onReport' | 'onProgress' | 'signal'
>;

/**
 * Loads a ResNet's checkpoint by torchvision's names; the `fc` layer is left out where the config has no classes. A plain checkpoint gives an
 * inception network its start.
 *
 * @returns what `resnetShapes` lists; the caller owns them.
 * @throws as `loadStateDict`.
 */
export async function loadResNetWeights(
  path: string,
  config: ResNetConfig,
  options: LoadWeightsOptions = {},
): Promise<StateDict> {
  const counts = inceptionCounts(config);
  return loadStateDict(path, {
    ...options,
    expected: resnetShapes(config),
    rename: (name) => (config.classes === undefined && name.startsWith('fc.') ? undefined : name),
    ...(Object.keys(counts).length > 0 && { inceptionCounts: counts }),
  });
}

/**
 * Loads a classifier's checkpoint (ImageNet's, say) as a backbone.
 *
 * @param prefix - of the backbone's names in the network: `backbone.`.
 * @returns weights by the network's names; the caller owns them.
 */
export async function loadBackboneWeights(
  path: string,
  { classes: _, ...backbone }: ResNetConfig,
  prefix: string,
  options: LoadWeightsOptions = {},
): Promise<StateDict> {
  return prefixed(prefix, await loadResNetWeights(path, backbone, options));
}
