/** A ResNet with super-kernels as a network to search. */
import {
  BATCH_NORM_EPSILON,
  type ConvSpec,
  type ResNetConfig,
  type ResNetFeature,
  resnet,
  resnetShapes,
  type StateDict,
} from '@icconv/models';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { expectedRelu } from './batch-norm-means';
import { superLayers } from './resnet-layers';
import type { SearchLayer, SearchNetwork } from './search-network';
import { checkSuperWeights, type PrefixOptions, requireWeight } from './super-weights';

/**
 * @param weights - of the super-network; read when the search runs, kept by the caller.
 * @param config - of the super-network, see `superConfig`.
 * @throws {@link SearchError} for a config without super-kernels; ShapeMismatchError for a checkpoint of another K.
 */
export function resnetNetwork(
  weights: Readonly<StateDict>,
  config: ResNetConfig,
  { prefix = '' }: PrefixOptions = {},
): SearchNetwork {
  checkSuperWeights(weights, config, { prefix });
  // A classifier takes no part.
  const { classes: _, ...backbone } = config;
  const own: StateDict = {};
  for (const name of Object.keys(resnetShapes(backbone))) own[name] = requireWeight(weights, prefix + name);
  const vector = (name: string) => Float64Array.from(own[name]!.dataSync());
  const specs = superLayers(backbone);
  const layers = specs.map((spec): SearchLayer => {
    const { name, block, previous, norm, epsilon = BATCH_NORM_EPSILON } = spec;
    const variance = vector(`${norm}.running_var`);
    const before = previous?.norm;
    return {
      name,
      stage: block?.stageName ?? name,
      kernelSize: spec.kernelSize,
      maxDilation: spec.maxDilation,
      groups: spec.groups,
      filter: own[`${name}.weight`] as Tensor4D,
      stride: spec.stride,
      outputScale: vector(`${norm}.weight`).map((gamma, i) => Math.abs(gamma) / Math.sqrt(variance[i]! + epsilon)),
      ...(before !== undefined && { normMeans: expectedRelu(vector(`${before}.weight`), vector(`${before}.bias`)) }),
    };
  });
  const searched = new Map(layers.map((layer) => [layer.name, layer]));
  // The run goes no farther than the stage of the last searched layer.
  const returns: ResNetFeature[] = [specs.at(-1)!.block?.feature ?? 'c2'];
  return {
    layers,
    run(x, observe) {
      tf.tidy(() => {
        const seen = ({ name }: ConvSpec, input: Tensor4D) => {
          const layer = searched.get(name);
          return layer === undefined ? undefined : observe(layer, input);
        };
        resnet(own, x, backbone, { returns, observe: seen });
      });
    },
  };
}
