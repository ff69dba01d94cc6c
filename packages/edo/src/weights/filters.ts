/** A filter widened to a super-kernel, and a super-kernel cropped to an inception filter. */
import { type Dilation, validatePattern } from '@icconv/inception-conv';
import { InvalidArgumentError, ShapeMismatchError } from '@icconv/tensor-ops';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { checkSuperKernel, type SuperKernel, superSize } from '../geometry/taps';

/** What the taps start with that a widened filter had not. */
export interface NewTaps {
  /** Standard deviation, relative to that of the filter's own weights; 0 leaves the function as it was. @defaultValue `0` */
  readonly scale?: number;
  /** @defaultValue `1` */
  readonly seed?: number;
}

/**
 * Places a k x k filter [k, k, M, O] at dilation 1 in the middle of a super-kernel [K, K, M, O]. With zeros around it, and padding grown
 * alike, the layer's function stays.
 *
 * @throws {@link ShapeMismatchError}, {@link InvalidArgumentError}
 */
export function widenFilter(filter: Tensor4D, kernel: SuperKernel, newTaps: NewTaps = {}): Tensor4D {
  const op = 'widenFilter';
  checkSuperKernel(op, kernel);
  const { kernelSize } = kernel;
  const [height, width, inChannels, outChannels] = filter.shape;
  if (height !== kernelSize || width !== kernelSize) {
    throw new ShapeMismatchError(op, 'filter', `[${kernelSize}, ${kernelSize}, in/groups, out]`, filter.shape);
  }
  const { scale = 0, seed = 1 } = newTaps;
  if (!(scale >= 0 && Number.isFinite(scale))) throw new InvalidArgumentError(op, 'newTaps.scale', scale, 'at least 0');
  const side = superSize(kernel);
  const border = (side - kernelSize) / 2;
  const around: [number, number] = [border, border];
  return tf.tidy(() => {
    const paddings: [number, number][] = [around, around, [0, 0], [0, 0]];
    const wide = tf.pad(filter, paddings) as Tensor4D;
    if (scale === 0) return wide;
    const deviation = tf.sqrt(tf.moments(filter).variance);
    const noise = tf.randomNormal([side, side, inChannels, outChannels], 0, scale, 'float32', seed);
    const outside = tf.sub(1, tf.pad(tf.ones([kernelSize, kernelSize, 1, 1]), paddings));
    return tf.add(wide, tf.mul(tf.mul(noise, deviation), outside)) as Tensor4D;
  });
}

/**
 * Takes each output channel's taps of its dilation out of a super-kernel [K, K, M, O]: an inception filter [k, k, M, O], exactly the
 * super-kernel with the other taps at zero.
 *
 * @param dilations - one for each output channel, or for each of G groups of O/G channels.
 * @throws {@link ShapeMismatchError}, PatternFormatError
 */
export function cropFilter(filter: Tensor4D, dilations: readonly Dilation[], kernel: SuperKernel): Tensor4D {
  const op = 'cropFilter';
  checkSuperKernel(op, kernel);
  const { maxDilation, kernelSize } = kernel;
  const side = superSize(kernel);
  const [height, width, inChannels, outChannels] = filter.shape;
  if (height !== side || width !== side) {
    throw new ShapeMismatchError(op, 'filter', `[${side}, ${side}, in/groups, out]`, filter.shape);
  }
  validatePattern({ maxDilation, layers: [{ dilations }] }, { file: op });
  if (outChannels % dilations.length !== 0) {
    const expected = `one for each of ${outChannels} output channels, or for each group of them`;
    throw new InvalidArgumentError(op, 'dilations.length', dilations.length, expected);
  }
  const values = filter.dataSync<'float32'>();
  const cropped = new Float32Array(kernelSize ** 2 * inChannels * outChannels);
  const centre = (side - 1) / 2;
  const reach = (kernelSize - 1) / 2;
  const share = outChannels / dilations.length;
  const map = inChannels * outChannels;
  for (let row = 0; row < kernelSize; row++) {
    for (let column = 0; column < kernelSize; column++) {
      const to = (row * kernelSize + column) * map;
      for (let o = 0; o < outChannels; o++) {
        const [dh, dw] = dilations[Math.floor(o / share)]!;
        const from = ((centre + (row - reach) * dh) * side + centre + (column - reach) * dw) * map;
        for (let i = o; i < map; i += outChannels) cropped[to + i] = values[from + i]!;
      }
    }
  }
  return tf.tensor4d(cropped, [kernelSize, kernelSize, inChannels, outChannels]);
}
