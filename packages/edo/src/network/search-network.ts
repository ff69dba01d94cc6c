/** What a search needs of a network: its super-kernels, and a way to run it past them. */
import type { Tensor4D } from '@tensorflow/tfjs-core';
import type { SuperKernel } from '../geometry/taps';

/** A convolution with a super-kernel. */
export interface SearchLayer extends SuperKernel {
  /** Name of the layer; of the filter without `.weight` in a state dict. */
  readonly name: string;
  /** Layers that reports put together, such as `layer2`. @defaultValue the layer's own name */
  readonly stage?: string;
  /** float32 [K, K, C/G, O]. */
  readonly filter: Tensor4D;
  readonly stride: number;
  /** G; the dilation is then one for each group. */
  readonly groups: number;
  /**
   * float64 [O]: |gamma|/sqrt(variance + epsilon) of the batch norm behind the layer. Errors are multiplied by it, which tells them behind
   * the norm, as if it were folded into the filter: no channel's best dilation changes by that, but sums over the channels of a group, and
   * what constraints trade between channels, do. Ones when left out.
   */
  readonly outputScale?: Float64Array;
  /** float64 [C]: E[X] by the batch norm in front, where one (and its ReLU) is all that stands before the layer. */
  readonly normMeans?: Float64Array;
}

/** Told of the input of every searched layer; may give the layer's output, so that it is not computed a second time. */
export type Observe = (layer: SearchLayer, x: Tensor4D) => Tensor4D | undefined;

/** A network to be searched. */
export interface SearchNetwork {
  /** In forward order; at least one. */
  readonly layers: readonly SearchLayer[];
  /** Runs the network on float32 [N, H, W, C], at least as far as the last searched layer. */
  readonly run: (x: Tensor4D, observe: Observe) => void;
}
