/** Convolution with PyTorch's symmetric padding and a gradient, alike on every backend. */
import type { Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import { checkPair, checkTensor } from '../../kernel/check';
import { checkActivation, checkBias, checkGroups, checkOutput } from '../../kernel/check-conv';
import { type ConvActivation, type Pair, withoutIdleSteps } from '../../kernel/geometry';
import { runKernel } from '../../kernel/registry';
import { PADDED_CONV_2D, type PaddedConv2DAttrs } from './register-conv2d';

/** A convolution's options; what is left out takes the value named. */
export interface Conv2dOptions {
  /** Step between outputs, one number or [height, width]; 1. */
  readonly strides?: number | Pair;
  /** Zeros on each side of the map, one number or [height, width]; 0. */
  readonly pad?: number | Pair;
  /** Distance between filter taps in pixels, one number or [height, width]; 1. */
  readonly dilations?: number | Pair;
  /** Number of channel groups G that do not see each other; 1. */
  readonly groups?: number;
  /** float32 [O], added to every pixel; none. */
  readonly bias?: Tensor1D;
  /** Applied last; `linear`. */
  readonly activation?: ConvActivation;
}

/**
 * Two-dimensional convolution (cross-correlation, as everywhere in deep learning) with symmetric zero padding.
 *
 * A pixel that is not finite makes the results that see it not finite; whether they are NaN or infinite, and whether zeros around it do
 * the same, is the engine's affair, as it is TensorFlow's and PyTorch's.
 *
 * Unlike `tf.conv2d` with explicit padding it is differentiable on every backend, takes groups, and a stride together with a dilation.
 *
 * @param x - float32 [N, H, W, C]; N may be 0.
 * @param filter - float32 [KH, KW, C/G, O]; output channels of group g are the g-th O/G.
 * @returns float32 [N, OH, OW, O] with OH = floor((H + 2*pad - dilation*(KH - 1) - 1) / stride) + 1. The caller disposes it.
 * @throws {@link InvalidArgumentError}, {@link ShapeMismatchError}, {@link UnsupportedBackendError}
 */
export function conv2d(x: Tensor4D, filter: Tensor4D, options: Conv2dOptions = {}): Tensor4D {
  const op = 'conv2d';
  checkTensor(op, 'x', x, '[N, H, W, C]', 4, [0]);
  checkTensor(op, 'filter', filter, '[KH, KW, C/G, O]', 4);
  const { bias, groups = 1 } = options;
  checkGroups(op, groups, x.shape[3], filter.shape);
  checkBias(op, bias, filter.shape[3]);
  const given: PaddedConv2DAttrs = {
    strides: checkPair(op, 'strides', options.strides ?? 1, 1),
    pad: checkPair(op, 'pad', options.pad ?? 0, 0),
    dilations: checkPair(op, 'dilations', options.dilations ?? 1, 1),
    groups,
    activation: checkActivation(op, options.activation ?? 'linear'),
  };
  const kernel: Pair = [filter.shape[0], filter.shape[1]];
  checkOutput(op, x, kernel, given, filter.shape[3], 'dilated kernel');
  const attrs = withoutIdleSteps(given, [x.shape[1], x.shape[2]], kernel);
  return runKernel(op, PADDED_CONV_2D, bias === undefined ? { x, filter } : { x, filter, bias }, attrs);
}
