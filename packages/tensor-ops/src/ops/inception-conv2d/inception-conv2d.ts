/**
 * Inception convolution: every output channel has its own dilation per axis, at the cost of a plain convolution.
 *
 *     y[n, oh, ow, o] = act(bias[o] + sum over u, v, i of
 *         x[n, oh*sH + (u - (K-1)/2)*dH[o], ow*sW + (v - (K-1)/2)*dW[o], i] * filter[u, v, i, o])
 *
 * Letters: N images, H x W input map, OH x OW output map, C input and O output channels, K kernel size, G groups, dH and dW a
 * channel's dilations. Source: Liu et al., "Inception Convolution with Efficient Dilation Search", CVPR 2021, arXiv 2012.13587.
 */
import type { Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import { InvalidArgumentError } from '../../errors';
import { checkPair, checkResult, checkTensor } from '../../kernel/check';
import { checkActivation, checkBias, checkGroups } from '../../kernel/check-conv';
import type { ConvActivation, Pair } from '../../kernel/geometry';
import { runKernel } from '../../kernel/registry';
import { checkDilations, checkKernelSize, checkSamePad } from './check';
import {
  INCEPTION_CONV_2D,
  type InceptionAlgorithm,
  type InceptionConv2DAttrs,
  outputSize,
  stridesOnMap,
} from './register-inception-conv2d';

/** An inception convolution's options; what is left out takes the value named. */
export interface InceptionConv2dOptions {
  /** [dH, dW] of each output channel in any order, or of each group. */
  readonly dilations: readonly Pair[];
  /** Step between outputs, one number or [height, width]; 1. */
  readonly strides?: number | Pair;
  /** `same`, or the undilated kernel's padding (K - 1)/2, which means the same: each channel is padded by (K - 1)/2 times its dilation. */
  readonly pad?: 'same' | number | Pair;
  /** Number of channel groups G that do not see each other; 1. */
  readonly groups?: number;
  /** float32 [O], added to every pixel; none. */
  readonly bias?: Tensor1D;
  /** Applied last; `linear`. */
  readonly activation?: ConvActivation;
  /**
   * `auto`, or `per-pattern`: one ordinary convolution for each distinct dilation, joined on channels. `auto` is the fused kernel on
   * the native runtime's CPU, and `per-pattern` elsewhere; choose `per-pattern` to compare the two.
   */
  readonly algorithm?: InceptionAlgorithm;
}

/**
 * Convolves with a dilation per output channel; differentiable for x, filter and bias (first order).
 *
 * @param x - float32 [N, H, W, C]; N may be 0.
 * @param filter - float32 [K, K, C/G, O], K odd; output channels of group g are the g-th O/G.
 * @returns float32 [N, OH, OW, O] with OH = floor((H - 1)/stride) + 1, whatever the dilation. The caller disposes it.
 * @throws {@link InvalidArgumentError}, {@link ShapeMismatchError}, {@link UnsupportedBackendError}
 */
export function inceptionConv2d(x: Tensor4D, filter: Tensor4D, options: InceptionConv2dOptions): Tensor4D {
  const op = 'inceptionConv2d';
  checkTensor(op, 'x', x, '[N, H, W, C]', 4, [0]);
  checkTensor(op, 'filter', filter, '[K, K, C/G, O]', 4);
  const { bias, groups = 1, algorithm = 'auto' } = options;
  const kernelSize = checkKernelSize(op, filter.shape);
  checkGroups(op, groups, x.shape[3], filter.shape);
  checkSamePad(op, options.pad ?? 'same', kernelSize);
  checkBias(op, bias, filter.shape[3]);
  if (algorithm !== 'auto' && algorithm !== 'per-pattern') {
    throw new InvalidArgumentError(op, 'algorithm', algorithm, '"auto" or "per-pattern"');
  }
  const attrs: InceptionConv2DAttrs = {
    dilations: checkDilations(op, options.dilations, filter.shape[3], groups),
    strides: stridesOnMap(checkPair(op, 'strides', options.strides ?? 1, 1), x),
    groups,
    activation: checkActivation(op, options.activation ?? 'linear'),
    algorithm,
  };
  checkResult(op, [x.shape[0], ...outputSize(x, attrs.strides), filter.shape[3]]);
  return runKernel(op, INCEPTION_CONV_2D, bias === undefined ? { x, filter } : { x, filter, bias }, attrs);
}
