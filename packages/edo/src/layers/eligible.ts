/** Which layers of a tf.layers model can be searched, and why the others cannot. */
import type * as tfl from '@tensorflow/tfjs-layers';
import { SearchError } from '../errors/search-error';

/** Names of layers, or a choice by name; all eligible ones when left out. */
export type LayerChoice = readonly string[] | ((name: string) => boolean);

export interface LayerReport {
  readonly name: string;
  /** Why the layer cannot be searched; undefined when it can. */
  readonly fault: string | undefined;
  /** Side of its kernel. */
  readonly kernelSize: number;
}

interface ConvConfig {
  readonly kernelSize: readonly number[];
  readonly strides: readonly number[];
  readonly dilationRate: readonly number[];
  readonly padding: string;
  readonly dataFormat: string | null;
  readonly activation: string | null;
}

/** Activations that an inception layer has inside; `tf.layers.activation` behind the layer gives the others. */
const ACTIVATIONS = ['linear', 'relu', null];

/** All `Conv2D` layers of a model, in its order. */
export function convLayers(model: tfl.LayersModel): LayerReport[] {
  return model.layers.flatMap((layer) => {
    if (layer.getClassName() !== 'Conv2D') return [];
    const config = layer.getConfig() as unknown as ConvConfig;
    const kernelSize = config.kernelSize[0]!;
    return [{ name: layer.name, kernelSize, fault: faultOf(config, layer) }];
  });
}

function faultOf(config: ConvConfig, layer: tfl.layers.Layer): string | undefined {
  const [height, width] = config.kernelSize as [number, number];
  const text = `${height}x${width}`;
  if (height === 1 && width === 1) return 'its kernel 1x1 has no dilation';
  if (height !== width) return `its kernel ${text} is not square`;
  if (height % 2 === 0) return `its kernel ${text} is even and has no centre`;
  // TensorFlow pads strided layers by an amount that changes with the map's size, an inception layer does not.
  if (config.strides.some((stride) => stride !== 1)) return `its stride is ${config.strides.join('x')}`;
  if (config.padding !== 'same') return `its padding is "${config.padding}" and not "same"`;
  if (config.dilationRate.some((rate) => rate !== 1))
    return `it is dilated by ${config.dilationRate.join('x')} already`;
  if (config.dataFormat === 'channelsFirst') return 'its data format is channelsFirst';
  if (!ACTIVATIONS.includes(config.activation)) {
    return `its activation "${config.activation}" must be a layer of its own behind it`;
  }
  return layer.inboundNodes.length > 1 ? `it is used ${layer.inboundNodes.length} times` : undefined;
}

/**
 * The chosen layers.
 *
 * @throws {@link SearchError} naming each layer's fault where none is left, or where a layer was asked for by name.
 */
export function chooseLayers(model: tfl.LayersModel, choice: LayerChoice | undefined): LayerReport[] {
  const all = convLayers(model);
  const describe = (reports: readonly LayerReport[]) =>
    reports.map(({ name, fault }) => `${name}: ${fault}`).join('; ');
  if (typeof choice === 'object') {
    return choice.map((name) => {
      const found = all.find((report) => report.name === name);
      if (found === undefined)
        throw new SearchError(
          `the model has no Conv2D layer "${name}"; it has ${all.map((r) => r.name).join(', ') || 'none'}`,
        );
      if (found.fault !== undefined) throw new SearchError(`a layer cannot be searched: ${describe([found])}`);
      return found;
    });
  }
  const eligible = all.filter(({ name, fault }) => fault === undefined && (choice === undefined || choice(name)));
  if (eligible.length === 0) {
    const faults = describe(all.filter(({ fault }) => fault !== undefined));
    throw new SearchError(
      `the model has no layer to search${faults === '' ? ': no Conv2D is chosen' : ` (${faults})`}`,
    );
  }
  return eligible;
}
