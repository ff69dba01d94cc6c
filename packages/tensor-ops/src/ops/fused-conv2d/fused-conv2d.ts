/**
 * Convolution for compiled inference: the filter is laid out once, and bias, residual sum and activation are part of the same pass.
 *
 *     y[n, oh, ow, o] = act(bias[o] + residual[n, oh, ow, o] + sum over u, v, i of
 *         x[n, oh*sH - pH + u*dH, ow*sW - pW + v*dW, i] * filter[u, v, i, o])
 *
 * Letters: N images, H x W input map, OH x OW output map, C input and O output channels, KH x KW kernel, G groups, s strides,
 * p padding, d dilations. A fully connected layer is a 1x1 filter with x as [N, 1, 1, C].
 */
import type { Tensor, Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { InvalidArgumentError, ShapeMismatchError } from '../../errors';
import { checkLive, checkPair, checkTensor } from '../../kernel/check';
import { checkActivation, checkBias, checkGroups, checkOutput } from '../../kernel/check-conv';
import { type ConvActivation, type ConvGeometry, type Pair, withoutIdleSteps } from '../../kernel/geometry';
import { type ConvPrecision, checkPrecision } from '../../kernel/precision';
import { runKernel } from '../../kernel/registry';
import {
  type FusedConvAlgorithm,
  PACK_CONV_2D_FILTER,
  PACKED_CONV_2D,
  type PackAttrs,
  type PackedAttrs,
} from './register-fused-conv2d';

/** What a packed convolution is, apart from its numbers; what is left out takes the value named. */
export interface PackConv2dOptions {
  /** Step between outputs, one number or [height, width]; 1. */
  readonly strides?: number | Pair;
  /** Zeros on each side of the map, one number or [height, width]; d*(K - 1)/2, which keeps the map's size at stride 1 (K odd). */
  readonly pad?: number | Pair;
  /** Distance between filter taps in pixels, one number or [height, width]; 1. */
  readonly dilations?: number | Pair;
  /** Number of channel groups G that do not see each other; 1. */
  readonly groups?: number;
  /** `auto`. */
  readonly algorithm?: FusedConvAlgorithm;
  /** Of the products, but for those of Winograd, which are float32 always; `float32`. */
  readonly precision?: ConvPrecision;
}

/** What one call adds; what is left out takes the value named. */
export interface FusedConv2dOptions {
  /** float32 [O], added to every pixel; none. */
  readonly bias?: Tensor1D;
  /** float32 [N, OH, OW, O], added before the activation; none. */
  readonly residual?: Tensor4D;
  /** Applied last; `linear`. */
  readonly activation?: ConvActivation;
}

/** A filter in the order that the current backend's kernel reads it in; made by {@link packConv2dFilter}. */
export interface PackedConv2dFilter extends ConvGeometry {
  /** Opaque numbers; the filter itself where the backend has no order of its own. */
  readonly tensor: Tensor;
  /** Shape [KH, KW, C/G, O] of the filter that was packed. */
  readonly filterShape: readonly [number, number, number, number];
  /** Backend it was packed for. */
  readonly backend: string;
  /** Frees the numbers. */
  dispose(): void;
}

/**
 * Lays a filter out for the current backend's kernel, so that calls need not do it again. Not differentiable.
 *
 * @param filter - float32 [KH, KW, C/G, O]; output channels of group g are the g-th O/G. It may be disposed afterwards.
 * @returns to be disposed by the caller.
 * @throws {@link InvalidArgumentError}, {@link ShapeMismatchError}, {@link UnsupportedBackendError}, {@link UnsupportedPrecisionError}
 */
export function packConv2dFilter(filter: Tensor4D, options: PackConv2dOptions = {}): PackedConv2dFilter {
  const op = 'packConv2dFilter';
  checkTensor(op, 'filter', filter, '[KH, KW, C/G, O]', 4);
  const { groups = 1, algorithm = 'auto' } = options;
  checkGroups(op, groups, filter.shape[2] * groups, filter.shape);
  if (algorithm !== 'auto' && algorithm !== 'direct') {
    throw new InvalidArgumentError(op, 'algorithm', algorithm, '"auto" or "direct"');
  }
  const strides = checkPair(op, 'strides', options.strides ?? 1, 1);
  const dilations = checkPair(op, 'dilations', options.dilations ?? 1, 1);
  const pad = options.pad === undefined ? samePad(op, filter.shape, dilations) : checkPair(op, 'pad', options.pad, 0);
  // Winograd's form of the filter would never be used.
  const winogradFits = [...strides, ...dilations].every((step) => step === 1);
  const precision = checkPrecision(op, options.precision ?? 'float32');
  const attrs: PackAttrs = { groups, algorithm: winogradFits ? algorithm : 'direct', precision };
  const tensor = runKernel<Tensor>(op, PACK_CONV_2D_FILTER, { filter }, attrs);
  const filterShape = [...filter.shape] as const;
  const dispose = () => tensor.dispose();
  return { tensor, filterShape, strides, pad, dilations, groups, backend: tf.getBackend(), dispose };
}

/**
 * Convolves with a packed filter and adds bias and residual, all in one pass on the native CPU. Not differentiable.
 *
 * @param x - float32 [N, H, W, C]; N may be 0.
 * @returns float32 [N, OH, OW, O] with OH = floor((H + 2*p - d*(KH - 1) - 1) / s) + 1. The caller disposes it.
 * @throws {@link InvalidArgumentError} also when the filter was packed for another backend than the current one;
 *   {@link ShapeMismatchError}, {@link UnsupportedBackendError}
 */
export function fusedConv2d(x: Tensor4D, packed: PackedConv2dFilter, options: FusedConv2dOptions = {}): Tensor4D {
  const op = 'fusedConv2d';
  checkTensor(op, 'x', x, '[N, H, W, C]', 4, [0]);
  const { tensor, filterShape, strides, pad, dilations, groups } = packed;
  const [kernelHeight, kernelWidth, groupChannels, outChannels] = filterShape;
  const { bias, residual } = options;
  checkLive(op, 'packed', tensor);
  if (x.shape[3] !== groupChannels * groups) {
    throw new ShapeMismatchError(op, 'x', `[N, H, W, ${groupChannels * groups}] for the packed filter`, x.shape);
  }
  checkBias(op, bias, outChannels);
  const given: PackedAttrs = {
    strides,
    pad,
    dilations,
    groups,
    kernelSize: [kernelHeight, kernelWidth],
    outChannels,
    activation: checkActivation(op, options.activation ?? 'linear'),
  };
  const out = checkOutput(op, x, given.kernelSize, given, outChannels, 'dilated kernel');
  const attrs = withoutIdleSteps(given, [x.shape[1], x.shape[2]], given.kernelSize);
  if (residual !== undefined) {
    checkTensor(op, 'residual', residual, '[N, OH, OW, O]', 4, [0]);
    const expected = [x.shape[0], ...out, outChannels];
    if (residual.shape.some((length, axis) => length !== expected[axis])) {
      throw new ShapeMismatchError(op, 'residual', `[${expected.join(', ')}]`, residual.shape);
    }
  }
  if (packed.backend !== tf.getBackend()) {
    const expected = `the current one, "${tf.getBackend()}"; pack the filter again`;
    throw new InvalidArgumentError(op, 'packed.backend', packed.backend, expected);
  }
  const inputs = { x, packed: tensor, ...(bias && { bias }), ...(residual && { residual }) };
  return runKernel(op, PACKED_CONV_2D, inputs, attrs);
}

function samePad(op: string, filterShape: readonly number[], dilations: Pair): Pair {
  const [height, width] = filterShape as [number, number];
  if (height % 2 === 0 || width % 2 === 0) {
    throw new InvalidArgumentError(op, 'pad', undefined, `given for an even kernel of ${height}x${width}`);
  }
  return [(dilations[0] * (height - 1)) / 2, (dilations[1] * (width - 1)) / 2];
}
