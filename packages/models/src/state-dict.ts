import { InvalidArgumentError, ShapeMismatchError, type StateDict } from '@icconv/tensor-ops';
import type { Tensor } from '@tensorflow/tfjs-core';

/** PyTorch's `num_batches_tracked` has no use in these networks and is left out. */
export type { StateDict } from '@icconv/tensor-ops';

/** One weight. @throws {@link InvalidArgumentError} when it is missing, {@link ShapeMismatchError} when it has another shape. */
export function weight<T extends Tensor>(
  op: string,
  weights: Readonly<StateDict>,
  name: string,
  shape: readonly number[],
): T {
  const found = Object.hasOwn(weights, name) ? weights[name] : undefined;
  const parameter = `weights["${name}"]`;
  if (found === undefined) {
    throw new InvalidArgumentError(op, parameter, found, `a float32 tensor [${shape.join(', ')}]`);
  }
  if (found.shape.length !== shape.length || shape.some((length, axis) => found.shape[axis] !== length)) {
    throw new ShapeMismatchError(op, parameter, `[${shape.join(', ')}]`, found.shape);
  }
  return found as T;
}

/** The weights under a prefix, by their names without it. */
export function under(weights: Readonly<StateDict>, prefix: string): Readonly<StateDict> {
  const inside = Object.entries(weights).filter(([name]) => name.startsWith(prefix));
  return Object.fromEntries(inside.map(([name, tensor]) => [name.slice(prefix.length), tensor]));
}

/** Weights, shapes or whatever has names, with the prefix before each. */
export function prefixed<T>(prefix: string, entries: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(entries).map(([name, value]) => [prefix + name, value]));
}
