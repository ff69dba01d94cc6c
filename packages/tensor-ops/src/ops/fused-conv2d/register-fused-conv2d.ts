/** Kernels of the fused convolution: this package's TensorFlow ops on the native CPU, a composition elsewhere. */
import type { Tensor, Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type { ConvActivation, ConvGeometry } from '../../kernel/geometry';
import { convOutputSize } from '../../kernel/geometry';
import { hasGpuKernel } from '../../kernel/gpu-kernels';
import { attr, type NativeBackend, type NativeOp, onCuda } from '../../kernel/native-backend';
import type { ConvPrecision } from '../../kernel/precision';
import { type KernelContext, registerOnAllBackends } from '../../kernel/registry';
import { convKernels } from '../conv-kernels';
import { finish } from '../conv2d/register-conv2d';

export const PACK_CONV_2D_FILTER = 'PackConv2DFilter';
export const PACKED_CONV_2D = 'PackedConv2D';

/**
 * `auto`: the fastest on the map at hand, which for 3x3 filters of stride 1 is mostly Winograd's F(4x4, 3x3); its results differ from
 * `direct` ones by about 1e-5 of the largest, and its form of the filter takes four times the filter's memory.
 */
export type FusedConvAlgorithm = 'auto' | 'direct';

export interface PackAttrs {
  readonly groups: number;
  readonly algorithm: FusedConvAlgorithm;
  readonly precision: ConvPrecision;
}
export interface PackedAttrs extends ConvGeometry {
  readonly kernelSize: readonly [number, number];
  readonly outChannels: number;
  readonly activation: ConvActivation;
}
interface PackedInputs {
  readonly x: Tensor4D;
  readonly packed: Tensor;
  readonly bias?: Tensor1D;
  readonly residual?: Tensor4D;
}

export function registerFusedConv2d(): void {
  registerOnAllBackends<{ filter: Tensor4D }, PackAttrs>(PACK_CONV_2D_FILTER, ({ filter }, attrs, context) => {
    const native = nativeCpu(context);
    if (native === undefined) return tf.clone(filter);
    const nativeAttrs = [
      attr.int('groups', attrs.groups),
      attr.string('algorithm', attrs.algorithm),
      attr.string('precision', attrs.precision),
    ];
    return native.executeSingleOutput('IcconvConv2DPack', nativeAttrs, [filter]) as Tensor;
  });
  registerOnAllBackends<PackedInputs, PackedAttrs>(PACKED_CONV_2D, (inputs, attrs, context) => {
    const { x } = inputs;
    if (x.shape[0] === 0) {
      return tf.zeros([0, ...convOutputSize([x.shape[1], x.shape[2]], attrs.kernelSize, attrs), attrs.outChannels]);
    }
    const native = nativeCpu(context);
    return native === undefined ? composed(inputs, attrs, context) : fused(native, inputs, attrs);
  });
}

function fused(native: NativeBackend, { x, packed, bias, residual }: PackedInputs, attrs: PackedAttrs): Tensor {
  const none = tf.tensor1d([], 'float32');
  const { op, attrs: nativeAttrs } = fusedOp(attrs);
  return native.executeSingleOutput(op, nativeAttrs, [x, packed, bias ?? none, residual ?? none]) as Tensor;
}

/** The CPU's. Its inputs: x, the packed filter, bias and residual, each a tensor of no element where there is none. */
export function fusedOp({ strides, pad, dilations, activation }: ConvGeometry & FinishAttrs): NativeOp {
  const attrs = [attr.int('strides', strides), attr.int('pad', pad), attr.int('dilations', dilations)];
  return { op: 'IcconvConv2D', attrs: [...attrs, attr.string('activation', activation)] };
}

function composed(inputs: PackedInputs, attrs: PackedAttrs, context: KernelContext): Tensor {
  const { x, packed, bias, residual } = inputs;
  const sums = convKernels(context).forward(x, packed as Tensor4D, attrs);
  if (context.native !== undefined && hasGpuKernel(CONV_FINISH)) {
    return finishOnGpu(context.native, sums, { bias, residual, activation: attrs.activation });
  }
  if (residual === undefined) return finish(sums, bias, attrs.activation, context);
  const y = tf.add(finish(sums, bias, 'linear', context), residual);
  return attrs.activation === 'relu' ? tf.relu(y) : y;
}

export const CONV_FINISH = 'IcconvConvFinish';

interface FinishAttrs {
  readonly activation: ConvActivation;
}

/** The GPU's. Its inputs: the sums, bias and residual, each a tensor of no element where there is none. */
export const finishOp = ({ activation }: FinishAttrs): NativeOp => ({
  op: CONV_FINISH,
  attrs: [attr.string('activation', activation)],
});

/** Bias, residual and activation behind TensorFlow's convolution in one pass, where three operators would read and write the map. */
export function finishOnGpu(
  native: Pick<NativeBackend, 'executeSingleOutput'>,
  sums: Tensor4D,
  {
    bias,
    residual,
    activation,
  }: {
    readonly bias: Tensor1D | undefined;
    readonly residual: Tensor4D | undefined;
    readonly activation: ConvActivation;
  },
): Tensor {
  if (bias === undefined && residual === undefined && activation === 'linear') return sums;
  const none = tf.tensor1d([], 'float32');
  const { op, attrs } = finishOp({ activation });
  return native.executeSingleOutput(op, attrs, [sums, bias ?? none, residual ?? none]) as Tensor;
}

function nativeCpu({ native }: KernelContext): NativeBackend | undefined {
  return native !== undefined && !onCuda(native) ? native : undefined;
}
