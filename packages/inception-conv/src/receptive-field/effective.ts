/**
 * Effective receptive field: how much each input pixel moves the centre unit of the last layer, measured as the root mean square of
 * the gradient over channels and random networks.
 *
 * Source of the method: Luo et al., "Understanding the Effective Receptive Field in Deep Convolutional Neural Networks", NIPS 2016.
 */
import { InvalidArgumentError, inceptionConv2d } from '@icconv/tensor-ops';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { initInceptionConv } from '../layer/inception-conv';
import type { Dilation } from '../pattern/dilation-pattern';
import { checkStack, dilationList, type StackLayer, theoreticalReceptiveField } from './stack';

/** Options of {@link effectiveReceptiveField}; what is left out takes the value named. */
export interface EffectiveReceptiveFieldOptions {
  /** Channels of layers that name no dilation per channel; 32. */
  readonly channels?: number;
  /** Side of the square input in pixels; the theoretical field, made odd, at most 257. */
  readonly size?: number;
  /** Random networks averaged over; 8. */
  readonly trials?: number;
  /** Whether a ReLU follows each layer but the last; `true`. */
  readonly relu?: boolean;
  /** 1. */
  readonly seed?: number;
}

/** A measured receptive field. */
export interface EffectiveReceptiveField {
  /** Side of the square map. */
  readonly size: number;
  /** float64 [size, size], row by row, the largest value 1: root mean square of the gradient. */
  readonly map: Float64Array;
  /** Standard deviation of the squared gradient's distribution along each axis, in pixels. */
  readonly deviationHeight: number;
  readonly deviationWidth: number;
  /** Pixels whose gradient is above 4.55 % of the largest (two standard deviations of a Gaussian), as Luo et al. count. */
  readonly area: number;
}

const THRESHOLD = 0.0455;
/** Beyond it a random stack takes long, and the field has long faded. */
const MAX_SIZE = 257;

/**
 * Measures the effective receptive field of a stack of convolutions with He-normal weights on the current backend.
 *
 * @throws {@link InvalidArgumentError}
 */
export async function effectiveReceptiveField(
  layers: readonly StackLayer[],
  options: EffectiveReceptiveFieldOptions = {},
): Promise<EffectiveReceptiveField> {
  const op = 'effectiveReceptiveField';
  checkStack(op, layers);
  const { channels = 32, trials = 8, relu = true, seed = 1 } = options;
  const bounds = theoreticalReceptiveField(layers);
  const whole = Math.max(bounds.height.largest, bounds.width.largest) + 2 * bounds.stride;
  const size = options.size ?? Math.min(MAX_SIZE, whole + ((whole + 1) % 2));
  for (const [name, value] of Object.entries({ channels, trials, size })) {
    if (!Number.isSafeInteger(value) || value < 1) {
      throw new InvalidArgumentError(op, name, value, 'a positive whole number');
    }
  }
  const energy = new Float64Array(size * size);
  for (let trial = 0; trial < trials; trial++) {
    const gradient = tf.tidy(() => centreGradient(layers, { channels, size, relu, seed: seed + 1000 * trial }));
    const values = (await gradient.data()) as Float32Array;
    gradient.dispose();
    for (let i = 0; i < energy.length; i++) energy[i]! += values[i]!;
  }
  return describe(energy, size);
}

interface Network {
  readonly channels: number;
  readonly size: number;
  readonly relu: boolean;
  readonly seed: number;
}

/** Squared gradient of the centre unit, a random mix of its channels, for a random input, summed over input channels: [size, size]. */
function centreGradient(layers: readonly StackLayer[], { channels, size, relu, seed }: Network): tf.Tensor {
  let inChannels = channels;
  const convolutions = layers.map((layer, i) => {
    const list = dilationList(layer);
    const dilations: readonly Dilation[] = list.length > 1 ? list : Array.from({ length: channels }, () => list[0]!);
    const { kernelSize, stride = 1 } = layer;
    const config = { inChannels, outChannels: dilations.length, kernelSize, dilations };
    inChannels = dilations.length;
    // By fan-in, so that activations keep their scale through any depth.
    const { weight } = initInceptionConv(config, { seed: seed + i, mode: 'fanIn' });
    const last = i === layers.length - 1;
    const activation = relu && !last ? ('relu' as const) : ('linear' as const);
    return (x: Tensor4D) => inceptionConv2d(x, weight, { dilations, strides: stride, activation });
  });
  const x = tf.randomNormal<tf.Rank.R4>([1, size, size, channels], 0, 1, 'float32', seed + 500);
  const run = (x: tf.Tensor) => convolutions.reduce((map, convolve) => convolve(map), x as Tensor4D);
  const y = run(x);
  const [, height, width, outChannels] = y.shape as [number, number, number, number];
  const mix = tf.randomNormal<tf.Rank.R4>([1, 1, 1, outChannels], 0, 1, 'float32', seed + 501);
  const row = (height - 1) >> 1;
  const column = (width - 1) >> 1;
  const dy = tf.pad(mix, [
    [0, 0],
    [row, height - 1 - row],
    [column, width - 1 - column],
    [0, 0],
  ]);
  return tf.reshape(tf.sum(tf.square(tf.grad(run)(x, dy)), 3), [size, size]);
}

function describe(energy: Float64Array, size: number): EffectiveReceptiveField {
  let largest = 0;
  let total = 0;
  const moments = [0, 0, 0, 0] as [number, number, number, number];
  energy.forEach((value, i) => {
    const row = Math.floor(i / size);
    const column = i % size;
    largest = Math.max(largest, value);
    total += value;
    moments[0] += value * row;
    moments[1] += value * row * row;
    moments[2] += value * column;
    moments[3] += value * column * column;
  });
  const scale = largest > 0 ? 1 / largest : 0;
  const map = energy.map((value) => Math.sqrt(value * scale));
  const deviation = (first: number, second: number) =>
    total > 0 ? Math.sqrt(Math.max(0, second / total - (first / total) ** 2)) : 0;
  return {
    size,
    map,
    deviationHeight: deviation(moments[0], moments[1]),
    deviationWidth: deviation(moments[2], moments[3]),
    area: map.reduce((count, value) => count + (value > THRESHOLD ? 1 : 0), 0),
  };
}
