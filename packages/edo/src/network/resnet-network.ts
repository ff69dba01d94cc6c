/** A ResNet with super-kernels as a network to search. */
import { isStatistic, type ResNetConfig, resnetShapes, type StateDict } from '@icconv/models';
import { conv2d, maxPool2d, relu } from '@icconv/tensor-ops';
import type { Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { expectedRelu } from '../statistics/batch-norm-means';
import { checkSuperWeights, type PrefixOptions } from '../weights/resnet-weights';
import { requireWeight, superLayers } from './resnet-layers';
import type { Observe, SearchLayer, SearchNetwork } from './search-network';

/** PyTorch's default, which the ResNets of `@icconv/models` have. */
const EPSILON = 1e-5;

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
  const shapes = resnetShapes(config);
  for (const name of Object.keys(shapes)) if (!name.startsWith('fc.')) requireWeight(weights, prefix + name);
  const vector = (name: string) => Float64Array.from(requireWeight(weights, prefix + name).dataSync());
  const layers = superLayers(config).map(({ name, kernelSize, maxDilation, groups }): SearchLayer => {
    const norm = normOf(name);
    const variance = vector(`${norm}.running_var`);
    const before = normBefore(name);
    return {
      name,
      kernelSize,
      maxDilation,
      groups,
      filter: weights[`${prefix}${name}.weight`] as Tensor4D,
      stride: strideOf(name, config, shapes),
      outputScale: vector(`${norm}.weight`).map((gamma, i) => Math.abs(gamma) / Math.sqrt(variance[i]! + EPSILON)),
      ...(before !== undefined && { normMeans: expectedRelu(vector(`${before}.weight`), vector(`${before}.bias`)) }),
    };
  });
  return { layers, run: (x, observe) => run(x, { weights, config, prefix, shapes, layers, observe }) };
}

const normOf = (conv: string) =>
  conv.endsWith('downsample.0') ? conv.replace(/0$/, '1') : conv.replace(/conv(\d)$/, 'bn$1');

/** The norm whose ReLU is the layer's input: that of the convolution before, in the same block. */
function normBefore(conv: string): string | undefined {
  const [, block, number] = /^(layer\d\.\d+\.)conv([23])$/.exec(conv) ?? [];
  return block === undefined ? undefined : `${block}bn${Number(number) - 1}`;
}

function strideOf(name: string, config: ResNetConfig, shapes: Readonly<Record<string, readonly number[]>>): number {
  if (name === 'conv1') return 2;
  const [, stage, block, conv] = /^layer(\d)\.(\d+)\.(.+)$/.exec(name)!;
  if (stage === '1' || block !== '0') return 1;
  const bottleneck = `layer${stage}.0.conv3.weight` in shapes;
  const strided = bottleneck && config.stridePlacement !== 'caffe' ? 'conv2' : 'conv1';
  return conv === 'downsample.0' || conv === strided ? 2 : 1;
}

interface Run {
  readonly weights: StateDict;
  readonly config: ResNetConfig;
  readonly prefix: string;
  readonly shapes: Readonly<Record<string, readonly number[]>>;
  readonly layers: readonly SearchLayer[];
  readonly observe: Observe;
}

/**
 * The forward pass up to the last searched layer, batch norms by their running statistics. `resnet` of `@icconv/models` shows nothing of
 * its inside; here a searched layer's input is seen, and its output can be taken from who looked at it.
 */
function run(image: Tensor4D, { weights, config, prefix, shapes, layers, observe }: Run): void {
  const searched = new Map(layers.map((layer) => [layer.name, layer]));
  let left = layers.length;
  const convolve = (x: Tensor4D, name: string): Tensor4D => {
    const layer = searched.get(name);
    const known = layer === undefined ? undefined : observe(layer, x);
    if (layer !== undefined) left--;
    if (left === 0) return x;
    const filter = weights[`${prefix}${name}.weight`] as Tensor4D;
    const side = filter.shape[0];
    const strides = strideOf(name, config, shapes);
    const y = known ?? conv2d(x, filter, { strides, groups: x.shape[3] / filter.shape[2], pad: (side - 1) / 2 });
    const part = (key: string) => weights[`${prefix}${normOf(name)}.${key}`] as Tensor1D;
    const scale = tf.mul(part('weight'), tf.rsqrt(tf.add(part('running_var'), EPSILON)));
    return tf.add(tf.mul(y, scale), tf.sub(part('bias'), tf.mul(part('running_mean'), scale)));
  };
  let x = relu(convolve(image, 'conv1'));
  if (left === 0) return;
  x = maxPool2d(x, { size: 3, strides: 2, pad: 1 });
  const blocks = new Set(Object.keys(shapes).flatMap((key) => /^layer\d\.\d+/.exec(key)?.[0] ?? []));
  for (const block of blocks) {
    const names = Object.keys(shapes)
      .filter((key) => !isStatistic(key) && key.startsWith(`${block}.conv`))
      .map((key) => key.slice(0, -'.weight'.length));
    const shortcut = `${block}.downsample.0.weight` in shapes ? convolve(x, `${block}.downsample.0`) : x;
    let inner = x;
    for (const [i, name] of names.entries()) {
      inner = convolve(i === 0 ? inner : relu(inner), name);
      if (left === 0) return;
    }
    x = relu(tf.add(inner, shortcut));
  }
}
