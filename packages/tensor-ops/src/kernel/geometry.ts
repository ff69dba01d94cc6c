/**
 * Sizes of a two-dimensional convolution with symmetric zero padding, in PyTorch's convention.
 *
 * Letters: N images, H x W input map, OH x OW output map, K kernel size, s stride, d dilation, p padding on each side, C input and
 * O output channels, G groups. Height stands before width everywhere.
 */

/** A value per axis: height, then width. */
export type Pair = readonly [number, number];

/** What the convolution kernels need beside their tensors. */
export interface ConvGeometry {
  readonly strides: Pair;
  readonly pad: Pair;
  readonly dilations: Pair;
  readonly groups: number;
}

/** Of a convolution with a dilation for each output channel, padded so that the map keeps its size at stride 1. */
export interface InceptionGeometry {
  /** dH and dW of output channel 0, of channel 1, ... */
  readonly dilations: readonly number[];
  readonly strides: Pair;
  readonly groups: number;
}

/** What is done to the result of a convolution before it is returned. */
export type ConvActivation = 'linear' | 'relu';

/** Output length of one axis: floor((size + 2p - d(K-1) - 1) / s) + 1; below 1 when the kernel does not fit. */
function convOutputLength(size: number, kernel: number, stride: number, pad: number, dilation: number): number {
  return Math.floor((size + 2 * pad - dilation * (kernel - 1) - 1) / stride) + 1;
}

/** Output [OH, OW] for an input [H, W] and a kernel [KH, KW]. */
export function convOutputSize(input: Pair, kernel: Pair, { strides, pad, dilations }: ConvGeometry): [number, number] {
  return [
    convOutputLength(input[0], kernel[0], strides[0], pad[0], dilations[0]),
    convOutputLength(input[1], kernel[1], strides[1], pad[1], dilations[1]),
  ];
}

/** The same convolution with the least of steps that lead out of the map at once: kernels multiply them, and TensorFlow's do not survive that. */
export function withoutIdleSteps<G extends ConvGeometry>(geometry: G, input: Pair, kernel: Pair): G {
  const { strides, pad, dilations } = geometry;
  const dilation = (axis: 0 | 1) => (kernel[axis] === 1 ? 1 : dilations[axis]);
  const stride = (axis: 0 | 1) =>
    Math.min(strides[axis], Math.max(1, input[axis] + 2 * pad[axis] - dilation(axis) * (kernel[axis] - 1)));
  return { ...geometry, strides: [stride(0), stride(1)], dilations: [dilation(0), dilation(1)] };
}

/** Spells a number per axis out as a pair. */
export function toPair(value: number | Pair): Pair {
  return typeof value === 'number' ? [value, value] : value;
}
