import type { Tensor1D, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { DECONV_PADDING } from '../head/deconv';
import { type HeadDeconv, type HeadLayer, type HeadLinear, type HeadPlan, walkHead } from '../head/head-plan';
import { weightShape } from '../head/head-weights';
import { foldedNorm } from '../layers/norm-layer';
import { plainConv } from '../network/plan';
import { type StateDict, weight } from '../state-dict';
import { once, onnxConv, read, take, toOnnx } from './conv';
import type { OnnxGraph, Value } from './graph';

type Layer = (x: Value) => Value;

/**
 * Reads a head, whose numbers are in the graph once for however many maps it then sees. Batch norms are folded into the filters.
 *
 * @param op - name for errors. @param weights - as for `runHead`.
 * @param channels - of the maps that the head will see.
 * @returns the head: from a map [N, C, H, W], N may be 0, to its outputs by name: maps [N, C, H, W], vectors [N, C] of linear layers.
 * @throws {@link InvalidArgumentError}, {@link ShapeMismatchError}
 */
export async function onnxHead<Output extends string>(
  graph: OnnxGraph,
  op: string,
  weights: Readonly<StateDict>,
  plan: HeadPlan<Output>,
  channels: number,
): Promise<(x: Value) => Record<Output, Value>> {
  const seen = channelsSeen(plan, channels);
  const layers = new Map<string, Layer>();
  for (const layer of plan) layers.set(layer.name, await readLayer(graph, op, weights, layer, seen.get(layer.name)!));
  return (x) =>
    walkHead<Value, Output>(plan, x, {
      layer(y, { name, kind, relu }) {
        const result = layers.get(name)!(y);
        return kind !== 'conv' && relu ? graph.node('Relu', `${name}.relu`, [result]) : result;
      },
      join: (y, output) => graph.node('Concat', 'join', [y, output], { axis: 1 }),
    });
}

/** Channels of the map that each layer sees; 0 for those that see vectors. */
function channelsSeen(plan: HeadPlan, channels: number): Map<string, number> {
  const seen = new Map<string, number>();
  walkHead<number, string>(plan, channels, {
    layer(x, { name, kind, outChannels }) {
      seen.set(name, x);
      return kind === 'linear' ? 0 : outChannels;
    },
    join: (x, output) => x + output,
  });
  return seen;
}

async function readLayer(
  graph: OnnxGraph,
  op: string,
  weights: Readonly<StateDict>,
  layer: HeadLayer,
  channels: number,
): Promise<Layer> {
  switch (layer.kind) {
    case 'conv': {
      const conv = await onnxConv(graph, op, weights, plainConv(layer));
      return (x) => conv(x, { relu: layer.relu ?? false });
    }
    case 'deconv':
      return readDeconv(graph, op, weights, layer);
    case 'linear':
      return readLinear(graph, op, weights, layer, channels);
  }
}

async function readDeconv(
  graph: OnnxGraph,
  op: string,
  weights: Readonly<StateDict>,
  layer: HeadDeconv,
): Promise<Layer> {
  const { name, norm, size, inChannels, outChannels } = layer;
  const [filter, bias] = tf.tidy((): [Tensor4D, Tensor1D] => {
    const own = weight<Tensor4D>(op, weights, `${name}.weight`, weightShape(layer));
    if (norm === undefined)
      return [toOnnx(own), tf.clone(weight<Tensor1D>(op, weights, `${name}.bias`, [outChannels]))];
    const [scale, shift] = foldedNorm(op, weights, norm, outChannels);
    return [toOnnx(tf.mul(own, tf.reshape(scale, [1, 1, outChannels, 1]))), shift];
  });
  const numbers = { filter: await take(filter), bias: await take(bias) };
  const constants = once(() => [
    graph.constant(`${name}.weight`, [inChannels, outChannels, size, size], numbers.filter),
    graph.constant(`${name}.bias`, [outChannels], numbers.bias),
  ]);
  const { pad, outputPadding } = DECONV_PADDING[size];
  return (x) =>
    graph.node('ConvTranspose', name, [x, ...constants()], {
      kernel_shape: [size, size],
      strides: [2, 2],
      pads: [pad, pad, pad, pad],
      output_padding: [outputPadding, outputPadding],
    });
}

/** A linear layer on a map reads it in the order channel, row, column here, so its rows change their order. */
async function readLinear(
  graph: OnnxGraph,
  op: string,
  weights: Readonly<StateDict>,
  layer: HeadLinear,
  channels: number,
): Promise<Layer> {
  const { name, inChannels, outChannels } = layer;
  const own = weight<Tensor2D>(op, weights, `${name}.weight`, weightShape(layer));
  const matrix = await take(
    tf.tidy(() => {
      if (channels === 0) return tf.clone(own);
      return tf.transpose(tf.reshape(own, [inChannels / channels, channels, outChannels]), [1, 0, 2]);
    }),
  );
  const bias = await read(weight(op, weights, `${name}.bias`, [outChannels]));
  const constants = once(() => [
    graph.constant(`${name}.weight`, [inChannels, outChannels], matrix),
    graph.constant(`${name}.bias`, [outChannels], bias),
  ]);
  return (x) => {
    const vectors = channels === 0 ? x : graph.node('Flatten', `${name}.flatten`, [x], { axis: 1 });
    return graph.node('Gemm', name, [vectors, ...constants()]);
  };
}
