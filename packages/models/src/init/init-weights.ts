import { InvalidArgumentError, type StateDict } from '@icconv/tensor-ops';
import * as tf from '@tensorflow/tfjs-core';
import { normalValues, textSeed, uniformValues } from './random';

/** `normal`: variance 2 / fan-out (He); `uniform`: within sqrt(3 / fan-in). */
export type FilterInit = 'normal' | 'uniform';

/** First values of weights by name and shape: filters as `filters` says, batch norms 1 and 0, biases 0, linear layers as PyTorch's. */
export function initWeights(
  op: string,
  shapes: Readonly<Record<string, readonly number[]>>,
  seed: number,
  filters: FilterInit,
): StateDict {
  if (!Number.isSafeInteger(seed)) throw new InvalidArgumentError(op, 'seed', seed, 'a whole number');
  const entries = Object.entries(shapes);
  return Object.fromEntries(entries.map(([name, shape]) => [name, initWeight(name, [...shape], seed, filters)]));
}

function initWeight(name: string, shape: number[], seed: number, filters: FilterInit): tf.Tensor {
  if (shape.length === 1) return /(?:\.weight|running_var)$/.test(name) ? tf.ones(shape) : tf.zeros(shape);
  const size = shape.reduce((a, b) => a * b, 1);
  const own = textSeed(name, seed);
  if (shape.length === 2) return tf.tensor(uniformValues(own, size, 1 / Math.sqrt(shape[0]!)), shape);
  const [height, width, groupChannels, outChannels] = shape as [number, number, number, number];
  const values =
    filters === 'normal'
      ? normalValues(own, size, Math.sqrt(2 / (height * width * outChannels)))
      : uniformValues(own, size, Math.sqrt(3 / (height * width * groupChannels)));
  return tf.tensor(values, shape);
}
