import type { StateDict } from '@icconv/tensor-ops';
import type { Tensor } from '@tensorflow/tfjs-core';

export type { StateDict } from '@icconv/tensor-ops';

/** Settings that every optimizer has. */
export interface ParameterOptions {
  /** @defaultValue `0` */
  readonly weightDecay?: number;
  /** Parameters that decay; see {@link decaysMatrices}. @defaultValue all, as in PyTorch */
  readonly decays?: (name: string, parameter: Tensor) => boolean;
  /** Factor of the learning rate of a parameter. @defaultValue `1` */
  readonly rateFactor?: (name: string, parameter: Tensor) => number;
}

export interface UpdateOptions {
  readonly learningRate: number;
  /** Gradients are multiplied by this first: clipping, averages. @defaultValue `1` */
  readonly gradientScale?: number;
}

/**
 * An update rule and its buffers. What is not in `gradients` stays as it is: freezing means not to ask for a gradient.
 */
export interface Optimizer {
  /** For checkpoints: buffers of another kind are refused. */
  readonly kind: string;
  /** Updates done. */
  readonly steps: number;
  /**
   * Replaces entries of `weights` that have a gradient by new tensors and disposes the old ones. Gradients stay the caller's.
   *
   * @param weights - float32, changed in place. @param gradients - by the weights' names, of their shapes.
   */
  update(weights: StateDict, gradients: Readonly<StateDict>, options: UpdateOptions): void;
  /** Buffers by `<buffer>.<parameter>`; the optimizer keeps them. */
  buffers(): Readonly<StateDict>;
  /** Goes on from saved buffers, of which it takes possession. */
  restore(buffers: Readonly<StateDict>, steps: number): void;
  dispose(): void;
}

/** A `decays` that spares biases and the weights of norms: everything of less than two dimensions. */
export const decaysMatrices = (_name: string, parameter: Tensor): boolean => parameter.rank > 1;
