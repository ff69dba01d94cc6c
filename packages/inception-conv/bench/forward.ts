/** Forward pass: packed and unpacked inception convolution beside TensorFlow's plain one and one convolution per dilation. */
import { inceptionConv2d, inceptionConv2dPacked, packInceptionFilter } from '@icconv/tensor-ops';
import * as tf from '@tensorflow/tfjs-core';
import type { BenchLayer } from './networks';
import { interleaved, type Timing } from './timing';

export interface ForwardResult {
  /** Filter packed once, as compiled inference does. */
  readonly ours: Timing;
  /** Filter packed in each call, as training does. */
  readonly unpacked: Timing;
  /** TensorFlow's 3 x 3 convolution of equal FLOPs. */
  readonly plain: Timing;
  /** One TensorFlow convolution per dilation, joined on channels. */
  readonly perPattern: Timing;
  /** Largest difference to `perPattern`, relative to its largest value. */
  readonly error: number;
}

/** Wide branches are computed by Winograd's F(4x4, 3x3), whose error is 2.1e-5 at most (docs/decisions/inception-conv-native-kernel.md). */
const TOLERANCE = 3e-5;

export async function benchForward(layer: BenchLayer, rounds: number): Promise<ForwardResult> {
  const { dilations, channels, stride: strides } = layer;
  const [x, filter] = inputs(layer);
  const packed = packInceptionFilter(filter, { dilations });
  const ours = () => inceptionConv2dPacked(x, packed, { strides });
  const unpacked = () => inceptionConv2d(x, filter, { dilations, strides });
  const perPattern = () => inceptionConv2d(x, filter, { dilations, strides, algorithm: 'per-pattern' });
  // One pixel on each side, which "same" is at stride 1 but not at stride 2.
  const plain = () => tf.conv2d(x, filter, strides, strides === 1 ? 'same' : PAD_ONE);
  try {
    const error = Math.max(await difference(ours, perPattern), await difference(unpacked, perPattern));
    if (!(error < TOLERANCE)) {
      throw new Error(
        `${layer.network} layer ${layer.index} (${channels} channels): wrong answer, relative error ${error}`,
      );
    }
    return { ...interleaved({ ours, plain, unpacked, perPattern }, rounds), error };
  } finally {
    packed.dispose();
    tf.dispose([x, filter]);
  }
}

const PAD_ONE: tf.backend_util.ExplicitPadding = [[0, 0], [1, 1], [1, 1], [0, 0]]; // biome-ignore format: one line

/** x and filter of a layer, float32, the same numbers every time. */
export function inputs({ height, width, channels }: BenchLayer): [tf.Tensor4D, tf.Tensor4D] {
  return [
    filled([1, height, width, channels], 1, 1),
    filled([3, 3, channels, channels], 2, Math.sqrt(2 / (9 * channels))),
  ];
}

/** Numbers in [-scale, scale) from a linear congruential generator (constants of Numerical Recipes): quick, and good enough to time. */
export function filled(shape: [number, number, number, number], seed: number, scale: number): tf.Tensor4D {
  const values = new Float32Array(shape.reduce((product, length) => product * length));
  let state = seed;
  for (let i = 0; i < values.length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    values[i] = (state / 2 ** 31) * scale;
  }
  return tf.tensor4d(values, shape);
}

async function difference(a: () => tf.Tensor, b: () => tf.Tensor): Promise<number> {
  const error = tf.tidy(() => {
    const expected = b();
    return tf.div(tf.max(tf.abs(tf.sub(a(), expected))), tf.max(tf.abs(expected)));
  });
  const [value] = await error.data();
  error.dispose();
  return value!;
}
