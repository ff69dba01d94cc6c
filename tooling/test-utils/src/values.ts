/** The weights and inputs of the golden fixtures, made here and in tooling/reference/make_models.py from the same hash. */
import * as tf from '@tensorflow/tfjs-core';

/**
 * Multiples of 2^-23 in [-1, 1): a hash of the element's index, moved by the seed.
 *
 * @param seed - a number, or a name, of which it is the FNV-1a hash.
 */
export function hashed(seed: number | string, length: number): Float32Array {
  const offset = Math.imul(typeof seed === 'number' ? seed : fnv(seed), 0x9e3779b9);
  const values = new Float32Array(length);
  for (let i = 0; i < length; i++) {
    let x = (i + offset) | 0;
    x ^= x >>> 16;
    x = Math.imul(x, 0x7feb352d);
    x ^= x >>> 15;
    x = Math.imul(x, 0x846ca68b);
    x ^= x >>> 16;
    values[i] = (x >>> 8) / 2 ** 23 - 1;
  }
  return values;
}

function fnv(name: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193) >>> 0;
  return hash;
}

const sizeOf = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1);

export const hashedTensor = <R extends tf.Rank>(name: string, shape: readonly number[]): tf.Tensor<R> =>
  tf.tensor<R>(hashed(name, sizeOf(shape)), [...shape] as tf.ShapeMap[R]);

export interface InitialOptions {
  /** A block's last batch norm. */
  readonly last?: 'bn2' | 'bn3';
  /** Biases that keep values away from the kink of ReLU. */
  readonly training?: boolean;
}

/** The value of a weight; the Python script says why it is what it is. */
export function initial(name: string, shape: readonly number[], options: InitialOptions = {}): tf.Tensor {
  const { last = 'bn3', training = false } = options;
  const values = hashed(name, sizeOf(shape));
  if (training && name.endsWith('downsample.1.bias')) return tf.fill([...shape], 5);
  if (training && /layer\d\.\d+\.bn\d\.bias$/.test(name) && !name.includes(`.${last}.`)) {
    const distance = name.includes('.bn2.') ? 3 : 3.5;
    return tf.tensor1d(values.map((value) => (value < -0.5 ? -distance : distance)));
  }
  const [scale, offset] = affine(name, shape, last).map(Math.fround) as [number, number];
  // Forty million of them are a network's: in place, as a closure would take four times as long.
  for (let i = 0; i < values.length; i++) values[i] = Math.fround(values[i]! * scale) + offset;
  return tf.tensor(values, [...shape]);
}

function affine(name: string, shape: readonly number[], last: string): [scale: number, offset: number] {
  if (shape.length === 4) return [Math.sqrt(6 / (shape[0]! * shape[1]! * shape[2]!)), 0];
  if (shape.length === 2) return [Math.sqrt(3 / shape[0]!), 0];
  if (name.endsWith('running_var')) return [0.5, 1];
  if (name.endsWith(`.${last}.weight`)) return [0.1, 0.3];
  return /(bn\d|downsample\.1)\.weight$/.test(name) ? [0.25, 1] : [0.1, 0];
}

/** All weights of the shapes; the caller disposes them. */
export function initialWeights(
  shapes: Readonly<Record<string, readonly number[]>>,
  options: InitialOptions & { readonly prefix?: string } = {},
): Record<string, tf.Tensor> {
  const { prefix = '' } = options;
  const entries = Object.entries(shapes);
  return Object.fromEntries(entries.map(([name, shape]) => [name, initial(prefix + name, shape, options)]));
}
