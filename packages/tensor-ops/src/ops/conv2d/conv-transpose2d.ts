/** Transposed convolution with PyTorch's padding, alike on every backend. */
import type { Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import { InvalidArgumentError, ShapeMismatchError } from '../../errors';
import { checkPair, checkResult, checkTensor, isWhole } from '../../kernel/check';
import { checkActivation, checkBias, checkPadded } from '../../kernel/check-conv';
import type { ConvActivation, Pair } from '../../kernel/geometry';
import { runKernel } from '../../kernel/registry';
import { PADDED_CONV_TRANSPOSE_2D, type PaddedConvTranspose2DAttrs } from './register-conv2d';

/** A transposed convolution's options; what is left out takes the value named. */
export interface ConvTranspose2dOptions {
  /** Factor by which the map grows, one number or [height, width]; 1. */
  readonly strides?: number | Pair;
  /** Rows and columns dropped on each side of the result, one number or [height, width]; 0. */
  readonly pad?: number | Pair;
  /** Rows and columns added after the result, smaller than the stride; 0. */
  readonly outputPadding?: number | Pair;
  /** Number of channel groups G that do not see each other; 1. */
  readonly groups?: number;
  /** float32 [O], added to every pixel; none. */
  readonly bias?: Tensor1D;
  /** Applied last; `linear`. */
  readonly activation?: ConvActivation;
}

/**
 * Transposed two-dimensional convolution, as PyTorch's `ConvTranspose2d`: kernel 4, stride 2 and pad 1 double a map exactly.
 *
 * Differentiable for x, filter and bias.
 *
 * @param x - float32 [N, H, W, C]; N may be 0.
 * @param filter - float32 [KH, KW, O/G, C], the layout of `tf.conv2dTranspose` (PyTorch's [C, O/G, KH, KW] with axes 2, 3, 1, 0).
 * @returns float32 [N, OH, OW, O] with OH = (H - 1)*stride - 2*pad + KH + outputPadding. The caller disposes it.
 * @throws {@link InvalidArgumentError}, {@link ShapeMismatchError}, {@link UnsupportedBackendError}
 */
export function convTranspose2d(x: Tensor4D, filter: Tensor4D, options: ConvTranspose2dOptions = {}): Tensor4D {
  const op = 'convTranspose2d';
  checkTensor(op, 'x', x, '[N, H, W, C]', 4, [0]);
  checkTensor(op, 'filter', filter, '[KH, KW, O/G, C]', 4);
  const { bias, groups = 1 } = options;
  const channels = x.shape[3];
  if (!isWhole(groups, 1) || channels % groups !== 0) {
    throw new InvalidArgumentError(op, 'groups', groups, `a positive divisor of ${channels} input channels`);
  }
  const [kernelHeight, kernelWidth, groupOut] = filter.shape;
  if (filter.shape[3] !== channels) {
    const expected = `[${kernelHeight}, ${kernelWidth}, ${groupOut}, ${channels}] for x with ${channels} channels`;
    throw new ShapeMismatchError(op, 'filter', expected, filter.shape);
  }
  checkBias(op, bias, groupOut * groups);
  const strides = checkPair(op, 'strides', options.strides ?? 1, 1);
  const pad = checkPair(op, 'pad', options.pad ?? 0, 0);
  const extra = checkPair(op, 'outputPadding', options.outputPadding ?? 0, 0);
  if (extra[0] >= strides[0] || extra[1] >= strides[1]) {
    throw new InvalidArgumentError(
      op,
      'outputPadding',
      options.outputPadding,
      `smaller than the strides ${strides.join('x')}`,
    );
  }
  const outputSize: Pair = [
    (x.shape[1] - 1) * strides[0] - 2 * pad[0] + kernelHeight + extra[0],
    (x.shape[2] - 1) * strides[1] - 2 * pad[1] + kernelWidth + extra[1],
  ];
  if (outputSize[0] < 1 || outputSize[1] < 1) {
    throw new InvalidArgumentError(op, 'pad', options.pad, 'smaller: nothing is left of the result');
  }
  checkPadded(op, [...outputSize, groupOut * groups], pad);
  checkResult(op, [x.shape[0], ...outputSize, groupOut * groups]);
  const attrs: PaddedConvTranspose2DAttrs = {
    // A step that is never taken may be any; the least that leaves the same sizes is safe for every kernel.
    strides: [x.shape[1] === 1 ? extra[0] + 1 : strides[0], x.shape[2] === 1 ? extra[1] + 1 : strides[1]],
    pad,
    dilations: [1, 1],
    groups,
    activation: checkActivation(op, options.activation ?? 'linear'),
    outputSize,
  };
  return runKernel(op, PADDED_CONV_TRANSPOSE_2D, bias === undefined ? { x, filter } : { x, filter, bias }, attrs);
}
