/** A model again, with some of its layers changed. */
import type { Tensor } from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { SearchError } from '../errors/search-error';

/** A layer as a model's JSON has it, keys in snake_case. */
export interface LayerJson {
  class_name: string;
  config: Record<string, unknown> & { name: string };
}

/**
 * Makes the model again from its JSON, each named layer rewritten, and all weights copied; `weightsOf` gives those of the rewritten
 * layers. Not compiled: an optimizer's slots belong to the old weights.
 */
export async function rebuild(
  model: tfl.LayersModel,
  changes: ReadonlyMap<string, (layer: LayerJson) => LayerJson>,
  weightsOf: (layer: tfl.layers.Layer) => Tensor[],
): Promise<tfl.LayersModel> {
  const topology = JSON.parse(JSON.stringify(model.toJSON(null, false))) as {
    config: { layers: LayerJson[] } | LayerJson[];
  };
  const { config } = topology;
  const layers = Array.isArray(config) ? config : config.layers;
  for (const [i, layer] of layers.entries()) {
    const change = changes.get(layer.config.name);
    if (change !== undefined) layers[i] = change(layer);
  }
  type Json = Parameters<typeof tfl.models.modelFromJSON>[0];
  const made = await tfl.models.modelFromJSON({ modelTopology: topology } as unknown as Json);
  for (const layer of model.layers) {
    const target = made.getLayer(layer.name);
    if (!changes.has(layer.name)) {
      if (layer.weights.length > 0) target.setWeights(layer.getWeights());
      continue;
    }
    const weights = weightsOf(layer);
    try {
      target.setWeights(weights);
    } finally {
      for (const weight of weights) weight.dispose();
    }
  }
  return made;
}

/** The kernel and, where there is one, the bias of a convolution. */
export function kernelOf(layer: tfl.layers.Layer): { readonly kernel: Tensor; readonly rest: Tensor[] } {
  const [kernel, ...rest] = layer.getWeights();
  if (kernel === undefined)
    throw new SearchError(`${layer.name} has no weights: build the model first, by an input shape`);
  return { kernel, rest };
}
