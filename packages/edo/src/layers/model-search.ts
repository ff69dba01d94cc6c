/** The search for any tf.layers model: widen, train by `fit`, search, replace, go on by `fit`. */
import type { DilationPattern } from '@icconv/inception-conv';
import '@icconv/inception-conv/layers';
import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { SearchError } from '../errors/search-error';
import { checkSuperKernel, superSize } from '../geometry/taps';
import type { SearchLayer, SearchNetwork } from '../network/search-network';
import { cropFilter, type NewTaps, widenFilter } from '../weights/filters';
import { chooseLayers, type LayerChoice } from './eligible';
import { kernelOf, type LayerJson, rebuild } from './rebuild';

/** What both kinds of layers are configured by. */
const KEPT = [
  'filters',
  'use_bias',
  'trainable',
  'batch_input_shape',
  'dtype',
  'kernel_initializer',
  'bias_initializer',
  'kernel_regularizer',
  'bias_regularizer',
  'kernel_constraint',
  'bias_constraint',
];

export interface WidenModelOptions {
  /** Largest dilation on either axis. */
  readonly maxDilation: number;
  /** @defaultValue every `Conv2D` that can be searched, see `convLayers` */
  readonly layers?: LayerChoice;
  readonly newTaps?: NewTaps;
}

/**
 * The super-network of a model: its chosen k x k convolutions with kernels of side (k - 1)*maxDilation + 1 around the weights they have.
 *
 * @returns a model of its own, not compiled; with new taps at zero it computes what `model` does.
 * @throws {@link SearchError} for a model without a layer to search, with the reason for each; InvalidArgumentError for `maxDilation`.
 */
export async function widenModel(model: tfl.LayersModel, options: WidenModelOptions): Promise<tfl.LayersModel> {
  const { maxDilation, newTaps = {} } = options;
  checkSuperKernel('widenModel', { maxDilation, kernelSize: 3 });
  const chosen = chooseLayers(model, options.layers);
  const kernels = new Map(chosen.map(({ name, kernelSize }) => [name, { maxDilation, kernelSize }]));
  const changes = new Map(
    [...kernels].map(([name, kernel]) => [
      name,
      (json: LayerJson) => {
        const side = superSize(kernel);
        return { ...json, config: { ...json.config, kernel_size: [side, side] } };
      },
    ]),
  );
  const { seed = 1 } = newTaps;
  const order = [...kernels.keys()];
  return rebuild(model, changes, (layer) => {
    const { kernel, rest } = kernelOf(layer);
    const taps = { ...newTaps, seed: seed + order.indexOf(layer.name) };
    return [widenFilter(kernel as Tensor4D, kernels.get(layer.name)!, taps), ...rest.map((weight) => weight.clone())];
  });
}

export interface ModelNetworkOptions {
  /** That the model was widened by. */
  readonly maxDilation: number;
  readonly layers?: LayerChoice;
}

/**
 * A widened model as a network to search; layers whose kernel is no (k - 1)*maxDilation + 1 are left alone.
 *
 * @throws {@link SearchError} where no kernel fits.
 */
export function modelNetwork(
  model: tfl.LayersModel,
  { maxDilation, layers: choice }: ModelNetworkOptions,
): SearchNetwork {
  checkSuperKernel('modelNetwork', { maxDilation, kernelSize: 3 });
  const chosen = chooseLayers(model, choice);
  const layers = chosen
    .filter(({ kernelSize }) => (kernelSize - 1) % (2 * maxDilation) === 0)
    .map(({ name, kernelSize }): SearchLayer => {
      const { kernel } = kernelOf(model.getLayer(name));
      return {
        name,
        filter: kernel as Tensor4D,
        kernelSize: (kernelSize - 1) / maxDilation + 1,
        maxDilation,
        stride: 1,
        groups: 1,
      };
    });
  if (layers.length === 0) {
    const sides = chosen.map(({ name, kernelSize }) => `${name} ${kernelSize}x${kernelSize}`).join(', ');
    throw new SearchError(
      `no kernel is a super-kernel for dilations up to ${maxDilation}, whose side is ${2 * maxDilation + 1} for a 3x3: ${sides}; see widenModel`,
    );
  }
  const outputs = layers.map(({ name }) => model.getLayer(name).input as tfl.SymbolicTensor);
  const inputs = tfl.model({ inputs: model.inputs, outputs });
  return {
    layers,
    run(x, observe) {
      const seen = inputs.predict(x) as Tensor | Tensor[];
      layers.forEach((layer, i) => {
        observe(layer, (Array.isArray(seen) ? seen[i] : seen) as Tensor4D);
      });
    },
  };
}

/**
 * The model with an `InceptionConv2D` in the place of each searched layer, weights cropped from its super-kernels, ready to be compiled and
 * trained on.
 *
 * @param pattern - found for this model: layers by name.
 * @returns a model of its own, not compiled.
 */
export async function replaceByInception(model: tfl.LayersModel, pattern: DilationPattern): Promise<tfl.LayersModel> {
  const { maxDilation } = pattern;
  const found = new Map(
    pattern.layers.map(({ name, dilations }) => {
      if (name === undefined) throw new SearchError('replaceByInception: the pattern must name its layers');
      return [name, dilations] as const;
    }),
  );
  const sizes = new Map(chooseLayers(model, [...found.keys()]).map(({ name, kernelSize }) => [name, kernelSize]));
  const kernelSizeOf = (name: string) => (sizes.get(name)! - 1) / maxDilation + 1;
  const changes = new Map(
    [...found].map(([name, dilations]) => [
      name,
      // What else stands beside the config are the layer's inputs.
      ({ config, ...json }: LayerJson): LayerJson => ({
        ...json,
        class_name: 'InceptionConv2D',
        config: {
          ...Object.fromEntries(KEPT.flatMap((key) => (key in config ? [[key, config[key]]] : []))),
          name,
          dilations: dilations.map((pair) => [...pair]),
          kernel_size: kernelSizeOf(name),
          activation: config.activation ?? 'linear',
        },
      }),
    ]),
  );
  return rebuild(model, changes, (layer) => {
    const { kernel, rest } = kernelOf(layer);
    const shape = { maxDilation, kernelSize: kernelSizeOf(layer.name) };
    return [cropFilter(kernel as Tensor4D, found.get(layer.name)!, shape), ...rest.map((weight) => weight.clone())];
  });
}
