/** A ResNet with super-kernels as a network to search. */
import {
  BATCH_NORM_EPSILON,
  type ConvSpec,
  type ResNetConfig,
  type ResNetFeature,
  resnet,
  resnetConvs,
  resnetShapes,
  type StateDict,
} from '@icconv/models';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { expectedRelu } from '../statistics/batch-norm-means';
import { checkSuperWeights, type PrefixOptions } from '../weights/resnet-weights';
import { requireWeight, superLayers } from './resnet-layers';
import type { SearchLayer, SearchNetwork } from './search-network';

/**
 * @param weights - of the super-network; read when the search runs, kept by the caller.
 * @param config - of the super-network, see `superConfig`.
 * @throws {@link SearchError} for a config without super-kernels; ShapeMismatchError for a checkpoint of another K.
 */
export function resnetNetwork(
  weights: StateDict,
  config: ResNetConfig,
  { prefix = '' }: PrefixOptions = {},
): SearchNetwork {
  checkSuperWeights(weights, config, { prefix });
  const own: Record<string, tf.Tensor> = {};
  for (const name of Object.keys(resnetShapes(config))) {
    if (!name.startsWith('fc.')) own[name] = requireWeight(weights, prefix + name);
  }
  const vector = (name: string) => Float64Array.from(own[name]!.dataSync());
  const convs = new Map(resnetConvs(config).map((spec) => [spec.name, spec]));
  const layers = superLayers(config).map(({ name, kernelSize, maxDilation, groups }): SearchLayer => {
    const { stride, norm, epsilon = BATCH_NORM_EPSILON } = convs.get(name)!;
    const variance = vector(`${norm}.running_var`);
    const before = normBefore(name, convs);
    return {
      name,
      kernelSize,
      maxDilation,
      groups,
      filter: own[`${name}.weight`] as Tensor4D,
      stride,
      outputScale: vector(`${norm}.weight`).map((gamma, i) => Math.abs(gamma) / Math.sqrt(variance[i]! + epsilon)),
      ...(before !== undefined && { normMeans: expectedRelu(vector(`${before}.weight`), vector(`${before}.bias`)) }),
    };
  });
  const searched = new Map(layers.map((layer) => [layer.name, layer]));
  const returns = [featureBehind(layers.at(-1)!.name)];
  return {
    layers,
    run(x, observe) {
      tf.tidy(() => {
        const seen = ({ name }: ConvSpec, input: Tensor4D) => {
          const layer = searched.get(name);
          return layer === undefined ? undefined : observe(layer, input);
        };
        resnet(own, x, config, { returns, observe: seen });
      });
    },
  };
}

/** The norm whose ReLU is the layer's input: that of the convolution before, in the same block. */
function normBefore(conv: string, convs: ReadonlyMap<string, ConvSpec>): string | undefined {
  const [, block, number] = /^(layer\d\.\d+\.)conv([23])$/.exec(conv) ?? [];
  return block === undefined ? undefined : convs.get(`${block}conv${Number(number) - 1}`)!.norm;
}

/** The first feature that a layer is in front of: the run goes no farther. */
function featureBehind(conv: string): ResNetFeature {
  const stage = /^layer(\d)\./.exec(conv)?.[1] ?? '1';
  return `c${Number(stage) + 1}` as ResNetFeature;
}
