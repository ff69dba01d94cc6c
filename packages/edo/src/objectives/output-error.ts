/**
 * O: the expected absolute error of the output, measured on data.
 *
 *     e_o(d) = E|Y_o - Y_o(d)|   over images and positions, borders as they are
 *
 * Exact for all d^2 dilations from one pass, neither by second-order statistics (they give E(.)^2, not E|.|) nor by a convolution for each
 * dilation: the taps of a super-kernel fall into classes by their distances (|a|, |b|) from the centre on the two axes, of 1, 2 or 4 taps,
 * and a dilation keeps whole classes (four of them for a 3x3). Each class is convolved once, K^2 taps in all, which is the work of the
 * super-convolution itself; Y is the sum of all classes, Y(d) that of its own. Whole: E|Y_o|.
 */
import { conv2d } from '@icconv/tensor-ops';
import type { Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { allDilations, checkSuperKernel, reads } from '../geometry/taps';
import type { SearchLayer } from '../network/search-network';
import { channelMeans } from '../statistics/channel-means';

/** Tensors of one batch; the caller disposes them. */
export interface OutputErrors {
  /** float32 [N, OH, OW, O]: the layer's output, without bias. */
  readonly y: Tensor4D;
  /** float32 [O] for each dilation, in the order of `allDilations`: mean over the batch and its positions. */
  readonly errors: readonly Tensor1D[];
  /** float32 [O]. */
  readonly whole: Tensor1D;
}

/** @param x - float32 [N, H, W, C]: the layer's input. */
export function outputErrors(x: Tensor4D, layer: SearchLayer): OutputErrors {
  checkSuperKernel('outputErrors', layer);
  const { maxDilation, kernelSize } = layer;
  const reach = ((kernelSize - 1) / 2) * maxDilation;
  const errors: Tensor1D[] = [];
  const [y, whole] = tf.tidy(() => {
    const classes = Array.from({ length: reach + 1 }, (_, a) =>
      Array.from({ length: reach + 1 }, (_, b) => convolveClass(x, layer, reach, a, b)),
    );
    const y = tf.addN(classes.flat());
    const distances = (dilation: number) =>
      Array.from({ length: reach + 1 }, (_, distance) => distance).filter((a) => reads(a, dilation, kernelSize));
    for (const [height, width] of allDilations(maxDilation)) {
      const kept = distances(height).flatMap((a) => distances(width).map((b) => classes[a]![b]!));
      errors.push(tf.keep(tf.tidy(() => meanAbsolute(tf.sub(y, tf.addN(kept))))));
    }
    return [y, meanAbsolute(y)];
  });
  return { y: y as Tensor4D, errors, whole: whole as Tensor1D };
}

const meanAbsolute = (z: tf.Tensor): Tensor1D => channelMeans(tf.abs(z));

/** The taps at (+-a, +-b) from the centre, as one convolution of 1 or 2 taps an axis that lie 2a and 2b apart. */
function convolveClass(
  x: Tensor4D,
  { filter, stride, groups }: SearchLayer,
  reach: number,
  a: number,
  b: number,
): Tensor4D {
  const rows = a === 0 ? [reach] : [reach - a, reach + a];
  const columns = b === 0 ? [reach] : [reach - b, reach + b];
  const taps = tf.gather(tf.gather(filter, rows, 0), columns, 1) as Tensor4D;
  return conv2d(x, taps, {
    strides: stride,
    groups,
    pad: [a, b],
    dilations: [Math.max(1, 2 * a), Math.max(1, 2 * b)],
  });
}
