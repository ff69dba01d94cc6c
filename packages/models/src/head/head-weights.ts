/** Names and shapes of a head's weights, and random ones to begin with. */
import type { StateDict } from '@icconv/tensor-ops';
import type { Tensor } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { vectorNames } from '../layers/conv-layer';
import type { HeadLayer, HeadPlan } from './head-plan';

/** Shape of a layer's weight. */
export function weightShape(layer: HeadLayer): number[] {
  const { inChannels, outChannels } = layer;
  if (layer.kind === 'linear') return [inChannels, outChannels];
  const { size } = layer;
  return layer.kind === 'conv' ? [size, size, inChannels, outChannels] : [size, size, outChannels, inChannels];
}

/** All weights in forward order. */
export function headShapes(plan: HeadPlan): Record<string, readonly number[]> {
  const shapes: Record<string, readonly number[]> = {};
  for (const layer of plan) {
    shapes[`${layer.name}.weight`] = weightShape(layer);
    for (const name of vectorNames(layer)) shapes[name] = [layer.outChannels];
  }
  return shapes;
}

/**
 * Random weights to begin with: normal of the layer's `deviation` where it has one; otherwise those of convolutions normal of variance
 * 2 / fan-in (He et al. 2015), those of linear layers uniform within 1 / sqrt(fan-in) (PyTorch's). Batch norms are 1 and 0, biases 0.
 *
 * @param seedOf - a whole number for a layer's filter or matrix, by its position among the head's weights and among its filters and
 *   matrices alone.
 * @returns every weight that {@link headShapes} lists; the caller disposes them.
 */
export function initHead(plan: HeadPlan, seedOf: (weight: number, layer: number) => number): StateDict {
  const weights: StateDict = {};
  let position = 0;
  for (const [index, layer] of plan.entries()) {
    weights[`${layer.name}.weight`] = firstWeight(layer, seedOf(position, index));
    const vectors = vectorNames(layer);
    for (const name of vectors) {
      const size = [layer.outChannels];
      weights[name] = /\.(?:weight|running_var)$/.test(name) ? tf.ones(size) : tf.zeros(size);
    }
    position += 1 + vectors.length;
  }
  return weights;
}

function firstWeight(layer: HeadLayer, seed: number): Tensor {
  const shape = weightShape(layer);
  if (layer.deviation !== undefined) return tf.randomNormal(shape, 0, layer.deviation, 'float32', seed);
  if (layer.kind === 'linear') {
    const limit = 1 / Math.sqrt(layer.inChannels);
    return tf.randomUniform(shape, -limit, limit, 'float32', seed);
  }
  // A transposed convolution of stride 2 shares its taps among four results.
  const taps = layer.size ** 2 / (layer.kind === 'deconv' ? 4 : 1);
  return tf.randomNormal(shape, 0, Math.sqrt(2 / (taps * layer.inChannels)), 'float32', seed);
}
