/**
 * Effective receptive fields of a network and of its plain twin: the gradient of one unit with respect to the picture.
 *
 * The twin has the same weights and every dilation 1. The unit is a random mix of the channels at its place, +1 or -1 each; the root mean
 * square over some mixes and the three colours is what a pixel counts.
 *
 * Source of the method: Luo et al., "Understanding the Effective Receptive Field in Deep Convolutional Neural Networks", NIPS 2016.
 */
import { type ResNetConfig, type ResNetFeature, resnet, resnetShapes, type StateDict } from '@icconv/models';
import { openSafetensors, readStateDict } from '@icconv/tensor-ops/state-dict';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-core/dist/register_all_gradients';
import type { Network } from './networks';

/** Longer side of the picture for this purpose, pixels; a multiple of the coarsest stride. */
const SIDE = 256;
const MIXES = 3;

export interface Field {
  readonly height: number;
  readonly width: number;
  /** Row by row, the largest value 1. */
  readonly map: Float32Array;
  /** Standard deviation of the squared gradient's distribution, pixels of the picture. */
  readonly deviation: readonly [height: number, width: number];
}

export interface Fields {
  readonly plain: Field;
  readonly inception: Field;
}

export interface FieldFinder {
  /** @param at - of the picture, x and y from 0 to 1. */
  fields(picture: ImageBitmap, layer: ResNetFeature, at: readonly [x: number, y: number]): Promise<Fields>;
  dispose(): void;
}

/** Loads the backbone's weights as gradients need them: not packed for inference. */
export async function fieldFinder({ backbone, input, source }: Network): Promise<FieldFinder> {
  const { weights: from } = source;
  const bytes = typeof from === 'string' ? new Uint8Array(await (await fetch(from)).arrayBuffer()) : from;
  const { config, prefix } = backbone;
  const file = await openSafetensors(bytes);
  const weights = await readStateDict(file, { prefix, expected: resnetShapes(config), strict: false });
  const { conv: _, ...plain } = config;
  return {
    async fields(picture, layer, at) {
      const scale = SIDE / Math.max(picture.width, picture.height);
      const x = inputOf(picture, scale, input);
      try {
        return {
          plain: await fieldOf(weights, plain, x, layer, at, scale),
          inception: await fieldOf(weights, config, x, layer, at, scale),
        };
      } finally {
        x.dispose();
      }
    },
    dispose: () => tf.dispose(weights),
  };
}

function inputOf(picture: ImageBitmap, scale: number, { mean, deviation, channels }: Network['input']): tf.Tensor4D {
  const size = (side: number) => Math.max(32, Math.round((side * scale) / 32) * 32);
  return tf.tidy(() => {
    const pixels = tf.expandDims(tf.cast(tf.browser.fromPixels(picture), 'float32')) as tf.Tensor4D;
    const resized = tf.image.resizeBilinear(pixels, [size(picture.height), size(picture.width)], false, true);
    const ordered = channels === 'bgr' ? tf.reverse(resized, 3) : resized;
    return tf.div(tf.sub(ordered, [...mean]), [...deviation]) as tf.Tensor4D;
  });
}

async function fieldOf(
  weights: Readonly<StateDict>,
  config: ResNetConfig,
  x: tf.Tensor4D,
  layer: ResNetFeature,
  [right, down]: readonly [number, number],
  scale: number,
): Promise<Field> {
  const run = (picture: tf.Tensor) => resnet(weights, picture as tf.Tensor4D, config, { returns: [layer] })[layer];
  const [, height, width] = x.shape;
  const energy = new Float32Array(height * width);
  for (let mix = 0; mix < MIXES; mix++) {
    const squares = tf.tidy(() => {
      const gradient = tf.grad((picture) => {
        const y = run(picture) as tf.Tensor4D;
        const [, rows, columns, channels] = y.shape;
        const row = Math.min(rows - 1, Math.floor(down * rows));
        const column = Math.min(columns - 1, Math.floor(right * columns));
        const signs = tf.sign(tf.randomUniform([1, 1, 1, channels], -1, 1, 'float32', mix + 1));
        return tf.sum(tf.mul(tf.slice(y, [0, row, column, 0], [1, 1, 1, channels]), signs));
      })(x);
      return tf.sum(tf.square(gradient), 3);
    });
    const values = await squares.data();
    squares.dispose();
    for (let i = 0; i < energy.length; i++) energy[i]! += values[i]!;
  }
  return { height, width, map: normalised(energy), deviation: deviations(energy, width, scale) };
}

function normalised(energy: Float32Array): Float32Array {
  const largest = energy.reduce((most, value) => Math.max(most, value), 0);
  return energy.map((value) => (largest > 0 ? Math.sqrt(value / largest) : 0));
}

function deviations(energy: Float32Array, width: number, scale: number): readonly [number, number] {
  let total = 0;
  const sums = [0, 0, 0, 0] as [number, number, number, number];
  energy.forEach((value, i) => {
    const [row, column] = [Math.floor(i / width), i % width];
    total += value;
    sums[0] += value * row;
    sums[1] += value * row * row;
    sums[2] += value * column;
    sums[3] += value * column * column;
  });
  const deviation = (first: number, second: number) =>
    total > 0 ? Math.sqrt(Math.max(0, second / total - (first / total) ** 2)) / scale : 0;
  return [deviation(sums[0], sums[1]), deviation(sums[2], sums[3])];
}
