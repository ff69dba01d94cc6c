/** Inception convolution with a filter packed once, as compiled inference uses it. */
import type { Tensor, Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { InvalidArgumentError, ShapeMismatchError } from '../../errors';
import { checkLive, checkPair, checkResult, checkTensor } from '../../kernel/check';
import { checkActivation, checkBias, checkGroups } from '../../kernel/check-conv';
import type { ConvActivation, InceptionGeometry } from '../../kernel/geometry';
import { type ConvPrecision, checkPrecision } from '../../kernel/precision';
import { registerOnAllBackends, runKernel } from '../../kernel/registry';
import { convKernels } from '../conv-kernels';
import { forwardPackedNative, packNative } from '../conv-kernels/inception-native';
import { finish } from '../conv2d/register-conv2d';
import { checkDilations, checkKernelSize } from './check';
import type { InceptionConv2dOptions } from './inception-conv2d';
import { forwardPerPattern } from './per-pattern';
import { fusedBackend, outputSize, stridesOnMap } from './register-inception-conv2d';

const INCEPTION_CONV_2D_PACK = 'InceptionConv2DPack';
const INCEPTION_CONV_2D_PACKED = 'InceptionConv2DPacked';

/** A filter in the order that the current backend's kernel reads it in; made by {@link packInceptionFilter}. */
export interface PackedInceptionFilter {
  /** Opaque numbers; [K, K, C/G, O] as given where the backend has no order of its own. */
  readonly tensor: Tensor;
  /** Shape [K, K, C/G, O] of the filter that was packed. */
  readonly filterShape: readonly [number, number, number, number];
  /** dH and dW of output channel 0, of channel 1, ... */
  readonly dilations: readonly number[];
  readonly groups: number;
  /** Backend it was packed for. */
  readonly backend: string;
  /** Frees the numbers. */
  dispose(): void;
}

interface PackedAttrs extends InceptionGeometry {
  readonly kernelSize: number;
  readonly outChannels: number;
  readonly activation: ConvActivation;
}

export function registerPackedInceptionConv2d(): void {
  registerOnAllBackends<{ filter: Tensor4D }, InceptionGeometry & { readonly precision: ConvPrecision }>(
    INCEPTION_CONV_2D_PACK,
    ({ filter }, attrs, context) => {
      const fused = fusedBackend({ algorithm: 'auto' }, context);
      return fused === undefined ? tf.clone(filter) : packNative(fused, filter, attrs);
    },
  );
  registerOnAllBackends<{ x: Tensor4D; packed: Tensor; bias?: Tensor1D }, PackedAttrs>(
    INCEPTION_CONV_2D_PACKED,
    ({ x, packed, bias }, attrs, context) => {
      if (x.shape[0] === 0) return tf.zeros([0, ...outputSize(x, attrs.strides), attrs.outChannels]);
      const fused = fusedBackend({ algorithm: 'auto' }, context);
      if (fused !== undefined) return forwardPackedNative(fused, x, packed as Tensor1D, bias, attrs);
      return finish(
        forwardPerPattern(convKernels(context), x, packed as Tensor4D, attrs),
        bias,
        attrs.activation,
        context,
      );
    },
  );
}

export interface PackInceptionOptions extends Pick<InceptionConv2dOptions, 'dilations' | 'groups'> {
  /**
   * Of the products. `'bfloat16'` wants what it wants of plain convolutions, and is taken with AMX, without groups and of a multiple of 32 input channels;
   * else they are float32 all the same. @defaultValue `'float32'`
   */
  readonly precision?: ConvPrecision;
}

/**
 * Lays a filter out for the current backend's kernel, so that calls need not do it again. Not differentiable.
 *
 * @param filter - float32 [K, K, C/G, O], K odd; it may be disposed afterwards.
 * @returns to be disposed by the caller.
 * @throws {@link InvalidArgumentError}, {@link ShapeMismatchError}, {@link UnsupportedBackendError}, {@link UnsupportedPrecisionError}
 */
export function packInceptionFilter(filter: Tensor4D, options: PackInceptionOptions): PackedInceptionFilter {
  const op = 'packInceptionFilter';
  checkTensor(op, 'filter', filter, '[K, K, C/G, O]', 4);
  checkKernelSize(op, filter.shape);
  const { groups = 1 } = options;
  checkGroups(op, groups, filter.shape[2] * groups, filter.shape);
  const dilations = checkDilations(op, options.dilations, filter.shape[3], groups);
  const precision = checkPrecision(op, options.precision ?? 'float32');
  const attrs = { dilations, strides: [1, 1], groups, precision };
  const tensor = runKernel<Tensor>(op, INCEPTION_CONV_2D_PACK, { filter }, attrs);
  const filterShape = [...filter.shape] as const;
  return { tensor, filterShape, dilations, groups, backend: tf.getBackend(), dispose: () => tensor.dispose() };
}

/**
 * `inceptionConv2d` with a packed filter; the same result, not differentiable.
 *
 * @param x - float32 [N, H, W, C]; N may be 0.
 * @returns float32 [N, OH, OW, O] with OH = floor((H - 1)/stride) + 1. The caller disposes it.
 * @throws {@link InvalidArgumentError} also when the filter was packed for another backend than the current one.
 */
export function inceptionConv2dPacked(
  x: Tensor4D,
  packed: PackedInceptionFilter,
  options: Pick<InceptionConv2dOptions, 'strides' | 'bias' | 'activation'> = {},
): Tensor4D {
  const op = 'inceptionConv2dPacked';
  checkTensor(op, 'x', x, '[N, H, W, C]', 4, [0]);
  const { tensor, filterShape, dilations, groups } = packed;
  const [kernelSize, , groupChannels, outChannels] = filterShape;
  const { bias } = options;
  checkLive(op, 'packed', tensor);
  if (x.shape[3] !== groupChannels * groups) {
    throw new ShapeMismatchError(op, 'x', `[N, H, W, ${groupChannels * groups}] for the packed filter`, x.shape);
  }
  checkBias(op, bias, outChannels);
  if (packed.backend !== tf.getBackend()) {
    throw new InvalidArgumentError(
      op,
      'packed.backend',
      packed.backend,
      `the current one, "${tf.getBackend()}"; pack the filter again`,
    );
  }
  const attrs: PackedAttrs = {
    dilations,
    groups,
    kernelSize,
    outChannels,
    strides: stridesOnMap(checkPair(op, 'strides', options.strides ?? 1, 1), x),
    activation: checkActivation(op, options.activation ?? 'linear'),
  };
  checkResult(op, [x.shape[0], ...outputSize(x, attrs.strides), outChannels]);
  const inputs = bias === undefined ? { x, packed: tensor } : { x, packed: tensor, bias };
  return runKernel(op, INCEPTION_CONV_2D_PACKED, inputs, attrs);
}
