/** Checkpoints of ResNets: of classifiers, and of these as the backbone of a larger network. */
import type { StateDict } from '@icconv/tensor-ops';
import { type ReadStateDictOptions, readStateDict, type WeightFile } from '@icconv/tensor-ops/state-dict';
import { type OpenWeightsOptions, withWeights } from '@icconv/tensor-ops/weights';
import type { ResNetConfig } from '../config/resnet-config';
import { inceptionCounts, resnetShapes } from '../resnet/features';
import { prefixed } from '../state-dict';

/** Of a file that is open. */
export type ReadWeightsOptions = Pick<
  ReadStateDictOptions,
  'skipMismatched' | 'strict' | 'ema' | 'container' | 'onReport' | 'onProgress' | 'signal'
>;
export type LoadWeightsOptions = ReadWeightsOptions & OpenWeightsOptions;

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
  return withWeights(path, options, (file) => readResNetWeights(file, config, options));
}

/** The same from an open file, which stays open. */
export async function readResNetWeights(
  file: WeightFile,
  config: ResNetConfig,
  options: ReadWeightsOptions = {},
): Promise<StateDict> {
  const counts = inceptionCounts(config);
  return readStateDict(file, {
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
