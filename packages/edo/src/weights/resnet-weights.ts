/** State dicts from plain to super and from super to inception networks. */
import type { DilationPattern } from '@icconv/inception-conv';
import type { ResNetConfig, StateDict } from '@icconv/models';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import { searchedConfig, superLayers } from '../network/resnet-layers';
import { checkSuperWeights, type PrefixOptions, requireWeight } from '../network/super-weights';
import { cropFilter, type NewTaps, widenFilter } from './filters';

/**
 * Weights of a super-network from trained plain ones: 3x3 filters at dilation 1, new taps zero or small.
 *
 * @param config - the super-network's, see `superConfig`.
 * @returns all weights, the unchanged ones too, as tensors of their own; the caller disposes them.
 */
export function widenWeights(
  weights: Readonly<StateDict>,
  config: ResNetConfig,
  options: PrefixOptions & { readonly newTaps?: NewTaps } = {},
): StateDict {
  const { prefix = '', newTaps = {} } = options;
  const { seed = 1 } = newTaps;
  const layers = superLayers(config);
  for (const { name } of layers) requireWeight(weights, `${prefix}${name}.weight`);
  const result = copies(weights);
  layers.forEach((layer, i) => {
    const key = `${prefix}${layer.name}.weight`;
    result[key]!.dispose();
    result[key] = widenFilter(weights[key] as Tensor4D, layer, { ...newTaps, seed: seed + i });
  });
  return result;
}

/**
 * Weights of the inception network that a pattern cuts out of a super-network. Channels keep their places, so everything around the
 * layers stays as it is, residual sums too.
 *
 * @param config - the super-network's.
 * @returns all weights as tensors of their own, and the network's config; the caller disposes them.
 * @throws {@link ShapeMismatchError} for weights of another super-network; PatternFormatError for a pattern of another network.
 */
export function cropWeights(
  weights: Readonly<StateDict>,
  config: ResNetConfig,
  pattern: DilationPattern,
  { prefix = '' }: PrefixOptions = {},
): { readonly weights: StateDict; readonly config: ResNetConfig } {
  const searched = searchedConfig(config, pattern);
  checkSuperWeights(weights, config, { prefix });
  const result = copies(weights);
  superLayers(config).forEach((layer, i) => {
    const key = `${prefix}${layer.name}.weight`;
    result[key]!.dispose();
    result[key] = cropFilter(weights[key] as Tensor4D, pattern.layers[i]!.dilations, layer);
  });
  return { weights: result, config: searched };
}

function copies(weights: Readonly<StateDict>): StateDict {
  return Object.fromEntries(Object.entries(weights).map(([name, tensor]) => [name, tensor.clone()]));
}
