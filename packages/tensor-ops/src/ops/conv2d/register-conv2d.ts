/** Kernels and gradients of `conv2d` and `convTranspose2d`. */
import type { GradFunc, Tensor, Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type { ConvActivation, ConvGeometry, Pair } from '../../kernel/geometry';
import { convOutputSize } from '../../kernel/geometry';
import { type KernelContext, registerGradientOnce, registerOnAllBackends, runKernel } from '../../kernel/registry';
import { reluGradient } from '../batch-norm/register-batch-norm';
import { convKernels } from '../conv-kernels';

type Gradients = ReturnType<GradFunc>;

export const PADDED_CONV_2D = 'PaddedConv2D';
const PADDED_CONV_2D_GRAD_INPUT = 'PaddedConv2DGradInput';
const PADDED_CONV_2D_GRAD_FILTER = 'PaddedConv2DGradFilter';
export const PADDED_CONV_TRANSPOSE_2D = 'PaddedConvTranspose2D';
const CHANNEL_SUM = 'ChannelSum';

export interface PaddedConv2DAttrs extends ConvGeometry {
  readonly activation: ConvActivation;
}
export interface PaddedConvTranspose2DAttrs extends PaddedConv2DAttrs {
  /** Map size [OH, OW] of the result. */
  readonly outputSize: Pair;
}

export function registerConv2d(): void {
  registerOnAllBackends<{ x: Tensor4D; filter: Tensor4D; bias?: Tensor1D }, PaddedConv2DAttrs>(
    PADDED_CONV_2D,
    ({ x, filter, bias }, attrs, context) => {
      const size = convOutputSize([x.shape[1], x.shape[2]], [filter.shape[0], filter.shape[1]], attrs);
      if (x.shape[0] === 0) return tf.zeros([0, ...size, filter.shape[3]]);
      const kernels = convKernels(context);
      const fused = kernels.forwardFused?.(x, filter, attrs, { bias, activation: attrs.activation });
      return fused ?? finish(kernels.forward(x, filter, attrs), bias, attrs.activation, context);
    },
  );
  registerOnAllBackends<{ dy: Tensor4D; filter: Tensor4D }, ConvGeometry & { readonly inputSize: Pair }>(
    PADDED_CONV_2D_GRAD_INPUT,
    ({ dy, filter }, attrs, context) => {
      if (dy.shape[0] === 0) return tf.zeros([0, ...attrs.inputSize, filter.shape[2] * attrs.groups]);
      return convKernels(context).gradInput(dy, filter, attrs.inputSize, attrs);
    },
  );
  registerOnAllBackends<{ x: Tensor4D; dy: Tensor4D }, ConvGeometry & { readonly kernelSize: Pair }>(
    PADDED_CONV_2D_GRAD_FILTER,
    ({ x, dy }, attrs, context) => {
      if (x.shape[0] === 0) return tf.zeros([...attrs.kernelSize, x.shape[3] / attrs.groups, dy.shape[3]]);
      return convKernels(context).gradFilter(x, dy, attrs.kernelSize, attrs);
    },
  );
  registerOnAllBackends<{ x: Tensor4D; filter: Tensor4D; bias?: Tensor1D }, PaddedConvTranspose2DAttrs>(
    PADDED_CONV_TRANSPOSE_2D,
    ({ x, filter, bias }, attrs, context) => {
      if (x.shape[0] === 0) return tf.zeros([0, ...attrs.outputSize, filter.shape[2] * attrs.groups]);
      return finish(
        convKernels(context).gradInput(x, filter, attrs.outputSize, attrs),
        bias,
        attrs.activation,
        context,
      );
    },
  );
  registerOnAllBackends<{ dy: Tensor4D }, object>(CHANNEL_SUM, ({ dy }, _, context) =>
    dy.shape[0] === 0 ? tf.zeros([dy.shape[3]]) : convKernels(context).gradBias(dy),
  );
  registerGradientOnce({
    kernelName: PADDED_CONV_2D,
    inputsToSave: ['x', 'filter'],
    outputsToSave: [true],
    gradFunc: (dy, saved, attrs) =>
      conv2dGradient(dy as Tensor4D, saved as Tensor4D[], attrs as unknown as PaddedConv2DAttrs),
  });
  registerGradientOnce({
    kernelName: PADDED_CONV_TRANSPOSE_2D,
    inputsToSave: ['x', 'filter'],
    outputsToSave: [true],
    gradFunc: (dy, saved, attrs) =>
      convTranspose2dGradient(dy as Tensor4D, saved as Tensor4D[], attrs as unknown as PaddedConvTranspose2DAttrs),
  });
}

/** Adds the bias and applies the activation. */
export function finish(
  y: Tensor4D,
  bias: Tensor1D | undefined,
  activation: ConvActivation,
  context: KernelContext,
): Tensor4D {
  const shifted = bias === undefined ? y : convKernels(context).addBias(y, bias);
  return activation === 'relu' ? tf.relu(shifted) : shifted;
}

/** The gradient before the activation, from that behind it and the result `y`. */
export function behindActivation(dy: Tensor4D, y: Tensor4D, activation: ConvActivation): Tensor4D {
  return activation === 'relu' ? reluGradient(dy, y) : dy;
}

export const channelSum = (dy: Tensor4D): Tensor => runKernel('channelSum', CHANNEL_SUM, { dy }, {});

function conv2dGradient(dy: Tensor4D, saved: readonly Tensor4D[], attrs: PaddedConv2DAttrs): Gradients {
  const [x, filter, y] = saved as [Tensor4D, Tensor4D, Tensor4D];
  const { activation, ...geometry } = attrs;
  const inner = () => behindActivation(dy, y, activation);
  const inputSize: Pair = [x.shape[1], x.shape[2]];
  const kernelSize: Pair = [filter.shape[0], filter.shape[1]];
  return {
    x: () => runKernel('conv2d', PADDED_CONV_2D_GRAD_INPUT, { dy: inner(), filter }, { ...geometry, inputSize }),
    filter: () => runKernel('conv2d', PADDED_CONV_2D_GRAD_FILTER, { x, dy: inner() }, { ...geometry, kernelSize }),
    bias: () => channelSum(inner()),
  };
}

/** A transposed convolution is the gradient of a convolution, so its own gradients are that convolution and its filter gradient. */
function convTranspose2dGradient(
  dy: Tensor4D,
  saved: readonly Tensor4D[],
  attrs: PaddedConvTranspose2DAttrs,
): Gradients {
  const [x, filter, y] = saved as [Tensor4D, Tensor4D, Tensor4D];
  const { activation, outputSize: _, ...geometry } = attrs;
  const inner = () => behindActivation(dy, y, activation);
  const kernelSize: Pair = [filter.shape[0], filter.shape[1]];
  const op = 'convTranspose2d';
  return {
    x: () => runKernel(op, PADDED_CONV_2D, { x: inner(), filter }, { ...geometry, activation: 'linear' }),
    filter: () => runKernel(op, PADDED_CONV_2D_GRAD_FILTER, { x: inner(), dy: x }, { ...geometry, kernelSize }),
    bias: () => channelSum(inner()),
  };
}
