/** Max pooling with PyTorch's symmetric padding, alike on every backend. */
import type { Tensor4D } from '@tensorflow/tfjs-core';
import { InvalidArgumentError } from '../../errors';
import { checkPair, checkTensor } from '../../kernel/check';
import { checkOutput } from '../../kernel/check-conv';
import { type ConvGeometry, type Pair, withoutIdleSteps } from '../../kernel/geometry';
import { runKernel } from '../../kernel/registry';
import { PADDED_MAX_POOL_2D, type PaddedMaxPool2DAttrs } from './register-max-pool2d';

/** A pooling's options; what is left out takes the value named. */
export interface MaxPool2dOptions {
  /** Window, one number or [height, width]. */
  readonly size: number | Pair;
  /** Step between windows; the size. */
  readonly strides?: number | Pair;
  /** Border on each side that no maximum is taken from, at most half the window; 0. */
  readonly pad?: number | Pair;
}

/**
 * Largest value of each window. Where several pixels hold it, the first in row order gets the gradient.
 *
 * A NaN counts as larger than every number, as in PyTorch, and an infinity is a number like others. (TensorFlow's own CPU operator drops
 * the NaN of a window that has numbers, and gives the lowest float for minus infinity.)
 *
 * @param x - float32 [N, H, W, C]; N may be 0.
 * @returns float32 [N, OH, OW, C] with OH = floor((H + 2*pad - size) / stride) + 1. The caller disposes it.
 * @throws {@link InvalidArgumentError}, {@link ShapeMismatchError}, {@link UnsupportedBackendError}
 */
export function maxPool2d(x: Tensor4D, options: MaxPool2dOptions): Tensor4D {
  const op = 'maxPool2d';
  checkTensor(op, 'x', x, '[N, H, W, C]', 4, [0]);
  const size = checkPair(op, 'size', options.size, 1);
  const pad = checkPair(op, 'pad', options.pad ?? 0, 0);
  if (pad[0] * 2 > size[0] || pad[1] * 2 > size[1]) {
    throw new InvalidArgumentError(op, 'pad', options.pad, `at most half the window of ${size.join('x')}`);
  }
  const strides = checkPair(op, 'strides', options.strides ?? size, 1);
  const geometry: ConvGeometry = { pad, strides, dilations: [1, 1], groups: 1 };
  checkOutput(op, x, size, geometry, x.shape[3], 'window');
  const attrs: PaddedMaxPool2DAttrs = {
    size,
    pad,
    strides: withoutIdleSteps(geometry, [x.shape[1], x.shape[2]], size).strides,
  };
  return runKernel(op, PADDED_MAX_POOL_2D, { x }, attrs);
}
