/**
 * What a convolution's output would lose by keeping only the taps of one dilation, for all dilations that lie in its kernel.
 *
 * A k x k convolution of dilation (dh, dw), k = 2*r + 1, reads at (i*dh, j*dw) from its centre with |i|, |j| <= r. All of them up to
 * D lie in one super-kernel of side K = 2*r*D + 1. With y its output and y(dh, dw) that of the taps the dilation reads, the rest zero:
 *
 *     errors[(dh - 1)*D + dw - 1, o] = mean over n, oh, ow of |y[n, oh, ow, o] - y(dh, dw)[n, oh, ow, o]|
 *
 * Letters: N images, H x W input map, OH x OW output map, C input and O output channels, G groups. The basis of searches for dilations:
 * Liu et al., "Inception Convolution with Efficient Dilation Search", CVPR 2021, arXiv 2012.13587, section 3.2.
 */
import type { Tensor1D, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import { ShapeMismatchError } from '../../errors';
import { checkPair, checkTensor, checkWhole } from '../../kernel/check';
import { checkGroups } from '../../kernel/check-conv';
import type { Pair } from '../../kernel/geometry';
import { runKernel } from '../../kernel/registry';
import { checkKernelSize } from '../inception-conv2d/check';
import { DILATION_ERRORS, type DilationErrorsAttrs } from './register-dilation-errors';

export interface DilationErrorsOptions {
  /** D. */
  readonly maxDilation: number;
  /** Step between outputs, one number or [height, width]; 1. */
  readonly strides?: number | Pair;
  /** Number of channel groups G that do not see each other; 1. */
  readonly groups?: number;
}

/** The caller disposes the tensors. */
export interface DilationErrors {
  /** float32 [N, OH, OW, O] with OH = floor((H - 1)/stride) + 1: the super-convolution, zeros outside the map. */
  readonly y: Tensor4D;
  /** float32 [D^2, O], in the order (1, 1), (1, 2), ..., (D, D). */
  readonly errors: Tensor2D;
  /** float32 [O]: mean |y|. */
  readonly whole: Tensor1D;
}

/**
 * Measures every dilation's error in one pass that multiplies as much as the convolution itself; it has no gradient.
 *
 * Exact, where second-order statistics would give squares: the taps fall into classes by their distances (|a|, |b|) from the centre, of
 * 1, 2 or 4 taps, and a dilation keeps whole classes. Each class is convolved once; y and all y(dh, dw) are sums of classes.
 *
 * @param x - float32 [N, H, W, C].
 * @param filter - float32 [K, K, C/G, O], K = 2*r*D + 1 for a whole r >= 1.
 * @throws {@link InvalidArgumentError}, {@link ShapeMismatchError}, {@link UnsupportedBackendError}
 */
export function dilationErrors(x: Tensor4D, filter: Tensor4D, options: DilationErrorsOptions): DilationErrors {
  const op = 'dilationErrors';
  checkTensor(op, 'x', x, '[N, H, W, C]', 4);
  checkTensor(op, 'filter', filter, '[K, K, C/G, O]', 4);
  const { maxDilation, groups = 1 } = options;
  checkWhole(op, 'maxDilation', maxDilation, 1);
  const radius = (checkKernelSize(op, filter.shape) - 1) / 2 / maxDilation;
  if (!Number.isInteger(radius) || radius < 1) {
    const expected = `[K, K, C/G, O] with K = 2*r*${maxDilation} + 1 for dilations up to ${maxDilation}`;
    throw new ShapeMismatchError(op, 'filter', expected, filter.shape);
  }
  checkGroups(op, groups, x.shape[3], filter.shape);
  const strides = checkPair(op, 'strides', options.strides ?? 1, 1);
  const attrs: DilationErrorsAttrs = { maxDilation, strides, groups };
  type Outputs = [Tensor4D, Tensor2D, Tensor1D];
  const [y, errors, whole] = runKernel<Outputs>(op, DILATION_ERRORS, { x, filter }, attrs);
  return { y, errors, whole };
}
