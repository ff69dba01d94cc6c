/**
 * Convolution on the native runtime: on the CPU by our own ops, on a GPU by TensorFlow's with padding EXPLICIT, which TensorFlow.js does not
 * reach.
 *
 * Dilated or grouped convolutions are computed by TensorFlow, but on the CPU it has no gradient for them. Where the padding keeps the map's
 * size, such a convolution is an inception convolution with one dilation for all, whose own kernels take it; the rest is composed, as on the
 * portable backends.
 */
import type { Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type { ConvGeometry, Pair } from '../../kernel/geometry';
import { attr, type NativeAttr, type NativeBackend, onCuda } from '../../kernel/native-backend';
import { gradFilterNative, gradInputNative } from './inception-native';
import type { AfterSums, ConvKernels } from './kernels';
import { portableKernels } from './portable-kernels';

export function nativeKernels(backend: NativeBackend): ConvKernels {
  const run = <T extends tf.Tensor>(op: string, attrs: readonly NativeAttr[], inputs: readonly tf.Tensor[]) =>
    backend.executeSingleOutput(op, attrs, inputs) as T;
  /** Whether our own ops take it: without groups and dilation. */
  const plain = ({ dilations, groups }: ConvGeometry) =>
    !onCuda(backend) && dilations[0] === 1 && dilations[1] === 1 && groups === 1;
  const forwardPlain = (x: Tensor4D, filter: Tensor4D, geometry: ConvGeometry, { bias, activation }: AfterSums) => {
    const inputs = [x, filter, bias ?? tf.tensor1d([], 'float32')];
    return run<Tensor4D>(
      'IcconvConv2DForward',
      [...plainAttrs(geometry), attr.string('activation', activation)],
      inputs,
    );
  };
  return {
    forward(x, filter, geometry) {
      if (plain(geometry)) return forwardPlain(x, filter, geometry, { bias: undefined, activation: 'linear' });
      const { strides, pad, dilations, groups } = geometry;
      // TensorFlow's CPU kernel leaves rows of the result unwritten where the strides differ: of x [2, 2, 3, 1] by a filter [1, 2, 1, 1].
      if (onCuda(backend) || strides[0] === strides[1])
        return run<Tensor4D>('Conv2D', convAttrs(geometry), [x, filter]);
      const none = tf.tensor1d([], 'float32');
      const packed = run(
        'IcconvConv2DPack',
        [attr.int('groups', groups), attr.string('algorithm', 'direct')],
        [filter],
      );
      const attrs = [attr.int('strides', strides), attr.int('pad', pad), attr.int('dilations', dilations)];
      return run<Tensor4D>('IcconvConv2D', [...attrs, attr.string('activation', 'linear')], [x, packed, none, none]);
    },
    forwardFused: (x, filter, geometry, after) =>
      plain(geometry) ? forwardPlain(x, filter, geometry, after) : undefined,
    gradInput(dy, filter, inputSize, geometry) {
      const kernel: Pair = [filter.shape[0], filter.shape[1]];
      if (plain(geometry) && geometry.pad[0] < kernel[0] && geometry.pad[1] < kernel[1]) {
        const attrs = [...plainAttrs(geometry), attr.int('input_size', inputSize)];
        return run<Tensor4D>('IcconvConv2DGradInput', attrs, [dy, filter]);
      }
      if (onCuda(backend) || plain(geometry)) {
        const sizes = [dy.shape[0], inputSize[0], inputSize[1], filter.shape[2] * geometry.groups];
        return run<Tensor4D>('Conv2DBackpropInput', convAttrs(geometry), [tf.tensor1d(sizes, 'int32'), filter, dy]);
      }
      const inception = asInception(kernel, filter.shape[3], geometry);
      if (inception === undefined) return portableKernels.gradInput(dy, filter, inputSize, geometry);
      return gradInputNative(backend, dy, filter, inputSize, inception);
    },
    gradFilter(x, dy, kernelSize, geometry) {
      if (plain(geometry)) {
        const attrs = [...plainAttrs(geometry), attr.int('kernel_size', kernelSize)];
        return run<Tensor4D>('IcconvConv2DGradFilter', attrs, [x, dy]);
      }
      if (onCuda(backend)) {
        const sizes = [...kernelSize, x.shape[3] / geometry.groups, dy.shape[3]];
        return run<Tensor4D>('Conv2DBackpropFilter', convAttrs(geometry), [x, tf.tensor1d(sizes, 'int32'), dy]);
      }
      const inception = asInception(kernelSize, dy.shape[3], geometry);
      if (inception === undefined) return portableKernels.gradFilter(x, dy, kernelSize, geometry);
      return gradFilterNative(backend, x, dy, kernelSize[0], inception);
    },
    gradBias: (dy) => run<Tensor1D>('BiasAddGrad', [attr.float32(), attr.string('data_format', 'NHWC')], [dy]),
    addBias: (y, bias) => run<Tensor4D>('BiasAdd', [attr.float32(), attr.string('data_format', 'NHWC')], [y, bias]),
  };
}

/** The same convolution with a dilation for each output channel; undefined where the kernel or the padding does not allow that. */
function asInception(kernel: Pair, outChannels: number, { strides, pad, dilations, groups }: ConvGeometry) {
  const half = (kernel[0] - 1) / 2;
  const fits = kernel[0] === kernel[1] && Number.isInteger(half);
  if (!fits || pad[0] !== half * dilations[0] || pad[1] !== half * dilations[1]) return undefined;
  const perChannel: number[] = [];
  for (let channel = 0; channel < outChannels; channel++) perChannel.push(dilations[0], dilations[1]);
  return { dilations: perChannel, strides, groups };
}

const plainAttrs = ({ strides, pad }: ConvGeometry): NativeAttr[] => [
  attr.int('strides', strides),
  attr.int('pad', pad),
];

/** Of TensorFlow's `Conv2D` and its gradients. */
export function convAttrs({ strides, pad, dilations }: ConvGeometry): NativeAttr[] {
  return [
    attr.float32(),
    attr.int('strides', [1, ...strides, 1]),
    attr.bool('use_cudnn_on_gpu', true),
    attr.string('padding', 'EXPLICIT'),
    attr.int('explicit_paddings', [0, 0, pad[0], pad[0], pad[1], pad[1], 0, 0]),
    attr.string('data_format', 'NHWC'),
    attr.int('dilations', [1, ...dilations, 1]),
  ];
}
