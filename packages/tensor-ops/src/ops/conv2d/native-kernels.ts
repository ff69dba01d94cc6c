/**
 * Convolution by TensorFlow's own ops with padding EXPLICIT, which TensorFlow.js does not reach.
 *
 * On the CPU TensorFlow has no gradient for dilated or grouped convolutions; those two are composed, as on the portable backends.
 */
import type { Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { attr, type NativeAttr, type NativeBackend } from '../../engine/native-backend';
import type { ConvGeometry } from './geometry';
import type { ConvKernels } from './kernels';
import { portableKernels } from './portable-kernels';

/** True when TensorFlow runs its ops on a CUDA device. */
export function onCuda(backend: NativeBackend): boolean {
  return (backend as { isUsingGpuDevice?: boolean }).isUsingGpuDevice === true;
}

export function nativeKernels(backend: NativeBackend): ConvKernels {
  const run = <T extends tf.Tensor>(op: string, attrs: readonly NativeAttr[], inputs: readonly tf.Tensor[]) =>
    backend.executeSingleOutput(op, attrs, inputs) as T;
  const ownGradients = ({ dilations, groups }: ConvGeometry) =>
    onCuda(backend) || (dilations[0] === 1 && dilations[1] === 1 && groups === 1);
  return {
    forward: (x, filter, geometry) => run<Tensor4D>('Conv2D', convAttrs(geometry), [x, filter]),
    gradInput(dy, filter, inputSize, geometry) {
      if (!ownGradients(geometry)) return portableKernels.gradInput(dy, filter, inputSize, geometry);
      const sizes = [dy.shape[0], inputSize[0], inputSize[1], filter.shape[2] * geometry.groups];
      return run<Tensor4D>('Conv2DBackpropInput', convAttrs(geometry), [tf.tensor1d(sizes, 'int32'), filter, dy]);
    },
    gradFilter(x, dy, kernelSize, geometry) {
      if (!ownGradients(geometry)) return portableKernels.gradFilter(x, dy, kernelSize, geometry);
      const sizes = [...kernelSize, x.shape[3] / geometry.groups, dy.shape[3]];
      return run<Tensor4D>('Conv2DBackpropFilter', convAttrs(geometry), [x, tf.tensor1d(sizes, 'int32'), dy]);
    },
    gradBias: (dy) => run<Tensor1D>('BiasAddGrad', [attr.float32(), attr.string('data_format', 'NHWC')], [dy]),
    addBias: (y, bias) => run<Tensor4D>('BiasAdd', [attr.float32(), attr.string('data_format', 'NHWC')], [y, bias]),
  };
}

function convAttrs({ strides, pad, dilations }: ConvGeometry): NativeAttr[] {
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
