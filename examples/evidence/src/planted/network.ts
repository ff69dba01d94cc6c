/**
 * The two-layer network: one convolution, ReLU, and a 1x1 readout in which output map g reads its own O/G hidden channels.
 *
 * Weights: `conv.weight` [K, K, C, O], `conv.bias` [O], `readout.weight` [1, 1, O/G, G], `readout.bias` [G].
 * Letters as in data.ts, O hidden channels.
 */
import type { Dilation } from '@icconv/inception-conv';
import { inceptionConv2d } from '@icconv/tensor-ops';
import { type Random, type StateDict, seededRandom } from '@icconv/training';
import type { Scalar, Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type { Planted } from './config';
import type { PlantedBatch } from './data';

/** The first layer, without bias. */
export type Convolution = (weights: Readonly<StateDict>, x: Tensor4D) => Tensor4D;

/** An ordinary convolution, which a super-kernel and a plain 3x3 both are. */
export const wholeKernel: Convolution = (weights, x) => tf.conv2d(x, weights['conv.weight'] as Tensor4D, 1, 'same');

/** 3x3 kernels with a dilation for each hidden channel. */
export const dilatedKernels =
  (dilations: readonly Dilation[]): Convolution =>
  (weights, x) =>
    inceptionConv2d(x, weights['conv.weight'] as Tensor4D, { dilations });

export const hiddenChannels = ({ data, channelsPerGroup }: Planted): number => data.groups * channelsPerGroup;

/** He-normal by fan-in. */
export function initKernel(side: number, config: Planted, random: Random): Tensor4D {
  const shape: [number, number, number, number] = [side, side, config.data.channels, hiddenChannels(config)];
  const deviation = Math.sqrt(2 / (side * side * config.data.channels));
  const count = shape.reduce((a, b) => a * b, 1);
  return tf.tensor4d(
    Float32Array.from({ length: count }, () => deviation * random.normal()),
    shape,
  );
}

export function initReadout(config: Planted, random: Random): StateDict {
  const { channelsPerGroup, data } = config;
  const deviation = Math.sqrt(1 / channelsPerGroup);
  // Half of the channels for, half against: a label of "same side" needs both.
  const values = Float32Array.from({ length: channelsPerGroup * data.groups }, (_, i) => {
    const sign = Math.floor(i / data.groups) % 2 === 0 ? 1 : -1;
    return sign * deviation * (0.5 + random.next());
  });
  return {
    'conv.bias': tf.zeros([hiddenChannels(config)]),
    'readout.weight': tf.tensor4d(values, [1, 1, channelsPerGroup, data.groups]),
    'readout.bias': tf.zeros([data.groups]),
  };
}

export function initNetwork(side: number, config: Planted, seed: number): StateDict {
  const random = seededRandom(seed, 'init', side);
  return { 'conv.weight': initKernel(side, config, random), ...initReadout(config, random) };
}

/** Logits of the inner pixels, [N, S - 2d, S - 2d, G]; call it in a tidy. */
export function logits(weights: Readonly<StateDict>, x: Tensor4D, convolution: Convolution, config: Planted): Tensor4D {
  const { maxDilation, side, groups } = config.data;
  const inner = side - 2 * maxDilation;
  const hidden = tf.relu(tf.add(convolution(weights, x), weights['conv.bias']!));
  const cut = tf.slice(hidden, [0, maxDilation, maxDilation, 0], [-1, inner, inner, -1]);
  // Hidden channels g*O/G ... (g + 1)*O/G - 1 belong to map g.
  const byGroup = tf.reshape(cut, [-1, inner, inner, groups, config.channelsPerGroup]);
  const readout = tf.transpose(tf.reshape(weights['readout.weight']!, [config.channelsPerGroup, groups]), [1, 0]);
  return tf.add(tf.sum(tf.mul(byGroup, readout), -1), weights['readout.bias']!) as Tensor4D;
}

/** Binary cross entropy, numerically stable. */
export function crossEntropy(output: Tensor, labels: Tensor): Scalar {
  const positive = tf.sub(tf.relu(output), tf.mul(output, labels));
  return tf.mean(tf.add(positive, tf.log1p(tf.exp(tf.neg(tf.abs(output)))))) as Scalar;
}

/** Share of labels that are right. */
export function accuracy(
  weights: Readonly<StateDict>,
  batches: Iterable<PlantedBatch>,
  convolution: Convolution,
  config: Planted,
): number {
  let sum = 0;
  let count = 0;
  for (const batch of batches) {
    sum += tf.tidy(() => {
      const right = tf.equal(
        tf.greater(logits(weights, batch.images, convolution, config), 0),
        tf.cast(batch.labels, 'bool'),
      );
      return tf.mean(tf.cast(right, 'float32')).dataSync()[0]!;
    });
    count++;
    batch.dispose();
  }
  return sum / count;
}
