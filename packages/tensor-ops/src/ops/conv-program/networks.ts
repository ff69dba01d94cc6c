/** Who makes a program a function: the engine brings it along, so that bundles for browsers go without. */
import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import type { NativeBackend } from '../../kernel/native-backend';
import type { ConvStep, MapIndex } from './steps';

export interface NetworkOptions {
  readonly steps: readonly ConvStep[];
  readonly outputs: readonly MapIndex[];
  /** Filters and biases, as the steps name them. */
  readonly parameters: readonly Tensor[];
}

/** A whole program in one call. */
export interface Network {
  run(native: NativeBackend, x: Tensor4D): Tensor[];
  dispose(): void;
}

type MakeNetwork = (backend: object, options: NetworkOptions) => Network | undefined;

let make: MakeNetwork | undefined;

/** Told by the engine when it has loaded. */
export function setNetworkMaker(maker: MakeNetwork): void {
  make = maker;
}

/** Undefined where the steps are to be run by the kernel. */
export const networkFor: MakeNetwork = (backend, options) => make?.(backend, options);
