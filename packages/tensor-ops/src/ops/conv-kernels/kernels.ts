/** The three computations every convolution here is made of; a backend supplies them as one object. */
import type { Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import type { ConvActivation, ConvGeometry, Pair } from '../../kernel/geometry';

/** What follows the sums of a convolution. */
export interface AfterSums {
  /** [O] */
  readonly bias: Tensor1D | undefined;
  readonly activation: ConvActivation;
}

export interface ConvKernels {
  /** x [N, H, W, C], filter [KH, KW, C/G, O]; returns [N, OH, OW, O]. */
  forward(x: Tensor4D, filter: Tensor4D, geometry: ConvGeometry): Tensor4D;
  /** The same with what follows, where the backend has it in one pass; undefined where it is to be composed. */
  forwardFused?(x: Tensor4D, filter: Tensor4D, geometry: ConvGeometry, after: AfterSums): Tensor4D | undefined;
  /** Gradient for x, of map size `inputSize`: dy [N, OH, OW, O]; returns [N, H, W, C]. */
  gradInput(dy: Tensor4D, filter: Tensor4D, inputSize: Pair, geometry: ConvGeometry): Tensor4D;
  /** Gradient for the filter, of size `kernelSize`; returns [KH, KW, C/G, O]. */
  gradFilter(x: Tensor4D, dy: Tensor4D, kernelSize: Pair, geometry: ConvGeometry): Tensor4D;
  /** Sum of dy over images and map; returns [O]. */
  gradBias(dy: Tensor4D): Tensor1D;
  addBias(y: Tensor4D, bias: Tensor1D): Tensor4D;
}
