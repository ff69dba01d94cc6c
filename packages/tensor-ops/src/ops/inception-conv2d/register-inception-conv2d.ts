/** Kernels and gradient of `inceptionConv2d`. */
import type { Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type { ConvActivation, InceptionGeometry, Pair } from '../../kernel/geometry';
import { hasGpuKernel } from '../../kernel/gpu-kernels';
import { onCuda } from '../../kernel/native-backend';
import { type KernelContext, registerGradientOnce, registerOnAllBackends, runKernel } from '../../kernel/registry';
import { convKernels } from '../conv-kernels';
import { forwardNative, gradFilterNative, gradInputNative } from '../conv-kernels/inception-native';
import { behindActivation, channelSum, finish } from '../conv2d/register-conv2d';
import { forwardPerPattern, gradFilterPerPattern, gradInputPerPattern } from './per-pattern';

export type InceptionAlgorithm = 'auto' | 'per-pattern';

export const INCEPTION_CONV_2D = 'InceptionConv2D';
const INCEPTION_CONV_2D_GRAD_INPUT = 'InceptionConv2DGradInput';
const INCEPTION_CONV_2D_GRAD_FILTER = 'InceptionConv2DGradFilter';

interface Choice extends InceptionGeometry {
  readonly algorithm: InceptionAlgorithm;
}
export interface InceptionConv2DAttrs extends Choice {
  readonly activation: ConvActivation;
}

export function registerInceptionConv2d(): void {
  registerOnAllBackends<{ x: Tensor4D; filter: Tensor4D; bias?: Tensor1D }, InceptionConv2DAttrs>(
    INCEPTION_CONV_2D,
    ({ x, filter, bias }, attrs, context) => {
      if (x.shape[0] === 0) return tf.zeros([0, ...outputSize(x, attrs.strides), filter.shape[3]]);
      const fused = fusedBackend(attrs, context);
      if (fused !== undefined) return forwardNative(fused, x, filter, bias, attrs);
      return finish(forwardPerPattern(convKernels(context), x, filter, attrs), bias, attrs.activation, context);
    },
  );
  registerOnAllBackends<{ dy: Tensor4D; filter: Tensor4D }, Choice & { readonly inputSize: Pair }>(
    INCEPTION_CONV_2D_GRAD_INPUT,
    ({ dy, filter }, attrs, context) => {
      if (dy.shape[0] === 0) return tf.zeros([0, ...attrs.inputSize, filter.shape[2] * attrs.groups]);
      const fused = fusedBackend(attrs, context);
      if (fused !== undefined) return gradInputNative(fused, dy, filter, attrs.inputSize, attrs);
      return gradInputPerPattern(convKernels(context), dy, filter, attrs.inputSize, attrs);
    },
  );
  registerOnAllBackends<{ x: Tensor4D; dy: Tensor4D }, Choice & { readonly kernelSize: number }>(
    INCEPTION_CONV_2D_GRAD_FILTER,
    ({ x, dy }, attrs, context) => {
      const { kernelSize, groups } = attrs;
      if (x.shape[0] === 0) return tf.zeros([kernelSize, kernelSize, x.shape[3] / groups, dy.shape[3]]);
      const fused = fusedBackend(attrs, context);
      if (fused !== undefined) return gradFilterNative(fused, x, dy, kernelSize, attrs);
      return gradFilterPerPattern(convKernels(context), x, dy, kernelSize, attrs);
    },
  );
  registerGradientOnce({
    kernelName: INCEPTION_CONV_2D,
    inputsToSave: ['x', 'filter'],
    outputsToSave: [true],
    gradFunc: (dy, saved, attrs) => {
      const [x, filter, y] = saved as [Tensor4D, Tensor4D, Tensor4D];
      const { activation, ...choice } = attrs as unknown as InceptionConv2DAttrs;
      const inner = () => behindActivation(dy as Tensor4D, y, activation);
      const op = 'inceptionConv2d';
      const inputSize: Pair = [x.shape[1], x.shape[2]];
      const kernelSize = filter.shape[0];
      return {
        x: () => runKernel(op, INCEPTION_CONV_2D_GRAD_INPUT, { dy: inner(), filter }, { ...choice, inputSize }),
        filter: () => runKernel(op, INCEPTION_CONV_2D_GRAD_FILTER, { x, dy: inner() }, { ...choice, kernelSize }),
        bias: () => channelSum(inner()),
      };
    },
  });
}

/** As far as strides can matter: a longer one leads out of the map as well. */
export const stridesOnMap = (strides: Pair, x: Tensor4D): Pair => [
  Math.min(strides[0], Math.max(1, x.shape[1])),
  Math.min(strides[1], Math.max(1, x.shape[2])),
];

/** Map size of the result: floor((size - 1)/stride) + 1 on each axis. */
export function outputSize(x: Tensor4D, strides: Pair): [number, number] {
  return [Math.floor((x.shape[1] - 1) / strides[0]) + 1, Math.floor((x.shape[2] - 1) / strides[1]) + 1];
}

/** The native backend when its fused kernels are to run: on the CPU, and on a GPU that they were compiled for. */
export function fusedBackend({ algorithm }: { readonly algorithm: InceptionAlgorithm }, { native }: KernelContext) {
  const runs = native !== undefined && (!onCuda(native) || hasGpuKernel('IcconvInceptionConv2D'));
  return algorithm === 'auto' && runs ? native : undefined;
}
