import { conv2d, inceptionConv2d } from '@icconv/tensor-ops';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import { type ConvSpec, samePad } from '../network/plan';

/** Shape of a convolution's filter. */
export function filterShape({ size, inChannels, outChannels, groups }: ConvSpec): [number, number, number, number] {
  return [size, size, inChannels / groups, outChannels];
}

/** The convolution of a spec. x [N, H, W, C]; returns [N, ceil(H/stride), ceil(W/stride), O]. */
export function applyConv(x: Tensor4D, filter: Tensor4D, spec: ConvSpec): Tensor4D {
  const { stride: strides, groups, dilations } = spec;
  return dilations === undefined
    ? conv2d(x, filter, { strides, groups, pad: samePad(spec) })
    : inceptionConv2d(x, filter, { strides, groups, dilations });
}
