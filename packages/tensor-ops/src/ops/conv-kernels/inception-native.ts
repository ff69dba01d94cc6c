/** Inception convolution by this package's TensorFlow ops; see native/ops/inception_conv2d/README.md for their interface. */
import type { Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type { ConvActivation, InceptionGeometry, Pair } from '../../kernel/geometry';
import { attr, type NativeAttr, type NativeBackend, type NativeOp } from '../../kernel/native-backend';
import type { ConvPrecision } from '../../kernel/precision';

const common = ({ dilations, strides, groups }: InceptionGeometry): NativeAttr[] => [
  attr.int('dilations', dilations),
  attr.int('strides', strides),
  attr.int('groups', groups),
];

const orNone = (bias: Tensor1D | undefined): Tensor1D => bias ?? tf.tensor1d([], 'float32');

export function forwardNative(
  backend: NativeBackend,
  x: Tensor4D,
  filter: Tensor4D,
  bias: Tensor1D | undefined,
  geometry: InceptionGeometry & { readonly activation: ConvActivation },
): Tensor4D {
  const attrs = [...common(geometry), attr.string('activation', geometry.activation)];
  return backend.executeSingleOutput('IcconvInceptionConv2D', attrs, [x, filter, orNone(bias)]) as Tensor4D;
}

/** A filter in the kernel's own order, made once for many calls; opaque. */
export function packNative(
  backend: NativeBackend,
  filter: Tensor4D,
  geometry: InceptionGeometry & { readonly precision: ConvPrecision },
): Tensor1D {
  const attrs = [...common(geometry), attr.string('precision', geometry.precision)];
  return backend.executeSingleOutput('IcconvInceptionConv2DPack', attrs, [filter]) as Tensor1D;
}

interface PackedGeometry extends InceptionGeometry {
  readonly activation: ConvActivation;
  readonly kernelSize: number;
}

/** Its inputs: x, the packed filter, and the bias or a tensor of no element. */
export function packedOp(geometry: PackedGeometry): NativeOp {
  const { kernelSize, activation } = geometry;
  const attrs = [...common(geometry), attr.int('kernel_size', kernelSize), attr.string('activation', activation)];
  return { op: 'IcconvInceptionConv2DPacked', attrs };
}

export function forwardPackedNative(
  backend: NativeBackend,
  x: Tensor4D,
  packed: Tensor1D,
  bias: Tensor1D | undefined,
  geometry: PackedGeometry,
): Tensor4D {
  const { op, attrs } = packedOp(geometry);
  return backend.executeSingleOutput(op, attrs, [x, packed, orNone(bias)]) as Tensor4D;
}

export function gradInputNative(
  backend: NativeBackend,
  dy: Tensor4D,
  filter: Tensor4D,
  inputSize: Pair,
  geometry: InceptionGeometry,
): Tensor4D {
  const inputs = [dy, filter, tf.tensor1d([...inputSize], 'int32')];
  return backend.executeSingleOutput('IcconvInceptionConv2DGradInput', common(geometry), inputs) as Tensor4D;
}

export function gradFilterNative(
  backend: NativeBackend,
  x: Tensor4D,
  dy: Tensor4D,
  kernelSize: number,
  geometry: InceptionGeometry,
): Tensor4D {
  const attrs = [...common(geometry), attr.int('kernel_size', kernelSize)];
  return backend.executeSingleOutput('IcconvInceptionConv2DGradFilter', attrs, [x, dy]) as Tensor4D;
}
