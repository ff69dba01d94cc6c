/**
 * Transposed convolutions of stride 2 that double a map.
 *
 * Compiled, one with a kernel of 3 or 4 is a 2x2 convolution whose 4 O channels are the four pixels that one input pixel becomes, moved
 * apart (sub-pixel convolution, Shi et al., CVPR 2016): no product with an inserted zero is computed. With a kernel of 2 nothing overlaps,
 * and a 1x1 convolution does.
 */
import { convTranspose2d, packConv2dFilter } from '@icconv/tensor-ops';
import type { Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { type CompiledConv, type CompileOptions, packFolded, runConv } from '../compile/compiled-conv';
import { foldedNorm } from '../layers/norm-layer';
import { type StateDict, weight } from '../state-dict';
import type { HeadDeconv } from './head-plan';
import { weightShape } from './head-weights';

/** Rows dropped at each side of a transposed convolution's result, and rows added, which together double a map. Source: mmpose. */
export const DECONV_PADDING = {
  2: { pad: 0, outputPadding: 0 },
  3: { pad: 1, outputPadding: 1 },
  4: { pad: 1, outputPadding: 0 },
} as const;

/** On tensors, before norm and activation. @param filter - [K, K, out, in] */
export function doubled(x: Tensor4D, filter: Tensor4D, { size }: HeadDeconv, bias?: Tensor1D): Tensor4D {
  return convTranspose2d(x, filter, { strides: 2, ...DECONV_PADDING[size], ...(bias !== undefined && { bias }) });
}

/**
 * Output row y = 2 b - p + t of window b, whose rows are b - 1 and b, has kernel row u = t on row b and t + 2 on row b - 1: with the
 * kernel filled up to 4x4, its rows are [tap, t] and the taps stand in reverse. A kernel of 2 has row u = t on row b and no other tap.
 */
export function compileDeconv(
  op: string,
  weights: Readonly<StateDict>,
  layer: HeadDeconv,
  { precision = 'float32' }: CompileOptions,
): CompiledConv {
  const { name, norm, inChannels, outChannels, size } = layer;
  const taps = size === 2 ? 1 : 2;
  const fold = (): [Tensor4D, Tensor1D] => {
    const filter = weight<Tensor4D>(op, weights, `${name}.weight`, weightShape(layer));
    const [scale, shift] =
      norm === undefined
        ? [tf.ones([outChannels]), weight<Tensor1D>(op, weights, `${name}.bias`, [outChannels])]
        : foldedNorm(op, weights, norm, outChannels);
    const scaled = tf.mul<Tensor4D>(filter, tf.reshape(scale, [1, 1, outChannels, 1]));
    const missing: [number, number] = [0, 2 * taps - size];
    const full = tf.pad(scaled, [missing, missing, [0, 0], [0, 0]]);
    // In four dimensions: WebGL's backend reverses no more.
    const reversed = tf.reverse(tf.reshape(full, [taps, 2, taps, 2 * outChannels * inChannels]), [0, 2]);
    const byTap = tf.reshape(reversed, [taps, 2, taps, 2, outChannels, inChannels]);
    const windows = tf.reshape(tf.transpose(byTap, [0, 2, 5, 1, 3, 4]), [taps, taps, inChannels, 4 * outChannels]);
    return [windows as Tensor4D, tf.tile(shift, [4])];
  };
  const pack = (filter: Tensor4D) => packConv2dFilter(filter, { pad: taps - 1, precision });
  return packFolded(fold, (filter, bias) => ({ kind: 'conv', filter: pack(filter), bias }));
}

/** The compiled layer, with norm and activation. */
export function runDeconv(x: Tensor4D, layer: HeadDeconv, compiled: CompiledConv): Tensor4D {
  const [images, height, width] = x.shape;
  const { pad } = DECONV_PADDING[layer.size];
  // The four pixels of each window are as much memory as the result: they go at once.
  return tf.tidy(() => {
    const windows = runConv(x, compiled, { relu: layer.relu ?? false });
    const pixels = tf.depthToSpace(windows, 2, 'NHWC');
    return tf.slice(pixels, [0, pad, pad, 0], [images, 2 * height, 2 * width, layer.outChannels]);
  });
}
