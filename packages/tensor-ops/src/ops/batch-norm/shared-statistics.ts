/**
 * Batch normalisation by the statistics of the batches of all workers together.
 *
 * C: channels, n: workers, N: values a channel of all workers. Forward, means and variances of the workers are combined (Chan, Golub and
 * LeVeque 1979), which takes no digits from small variances; back, the two sums of the gradient are added up:
 *
 *     dx = weight / deviation * (g - sum(g) / N - z * sum(g * z) / N),  z the normalised x
 *
 * that is the gradient of the workers' losses added up, as those of the weights are, before they are averaged.
 */
import type { Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';

/** The other workers, of whom `Cluster` knows. */
export interface Workers {
  /** Rows [1, K] of all workers, [n, K] in their order. Ends when all are there. */
  gatherNow(row: Tensor2D): Tensor2D;
}

let workers: Workers | undefined;

/**
 * In `work`, `batchNorm` normalises by the batches of all workers, which must come to the same batch norms in the same order.
 *
 * @param others - none: nothing changes.
 */
export function sharingStatistics<T>(others: Workers | undefined, work: () => T): T {
  const before = workers;
  workers = others;
  try {
    return work();
  } finally {
    workers = before;
  }
}

export const sharedWith = (): Workers | undefined => workers;

/** Whether batch norms that are called now take the statistics of all workers. */
export const sharesStatistics = (): boolean => workers !== undefined;

interface Settings {
  readonly epsilon: number;
  readonly relu: boolean;
  readonly residual?: Tensor;
}

/** As `batchNorm`; x may be empty here, as long as another worker's is not. @returns also N. */
export function sharedBatchNorm(
  others: Workers,
  x: Tensor,
  weight: Tensor1D,
  bias: Tensor1D,
  { epsilon, relu, residual }: Settings,
): { readonly y: Tensor; readonly mean: Tensor1D; readonly variance: Tensor1D; readonly count: number } {
  const channels = weight.size;
  const axes = Array.from({ length: x.rank - 1 }, (_, axis) => axis);
  const { mean, variance, total } = tf.tidy(() => combined(others, x, axes));
  const count = total.dataSync()[0]!;
  total.dispose();
  const normalise = tf.customGrad((...args) => {
    const save = args.at(-1) as unknown as (tensors: Tensor[]) => void;
    const [input, scale, shift, added] = args.slice(0, -1) as Tensor[];
    const inverse = tf.rsqrt(tf.add(variance, epsilon));
    let y = tf.add(tf.mul(tf.sub(input!, mean), tf.mul(scale!, inverse)), shift!);
    if (added !== undefined) y = tf.add(y, added);
    if (relu) y = tf.relu(y);
    save([input!, scale!, y, mean, inverse]);
    return { value: y, gradFunc: (dy, saved) => backward(dy as Tensor, saved as Tensor[]) };
  });
  const backward = (dy: Tensor, [input, scale, y, centre, inverse]: Tensor[]): Tensor[] => {
    const g = relu ? tf.mul(dy, tf.step(y!)) : tf.clone(dy);
    const z = tf.mul(tf.sub(input!, centre!), inverse!);
    const dBias = tf.sum(g, axes);
    const dWeight = tf.sum(tf.mul(g, z), axes);
    const rows = others.gatherNow(tf.reshape(tf.concat([dBias, dWeight]), [1, 2 * channels]));
    const [sum, product] = tf.split(tf.div(tf.sum(rows, 0), count), 2) as [Tensor, Tensor];
    const dx = tf.mul(tf.sub(tf.sub(g, sum), tf.mul(z, product)), tf.mul(scale!, inverse!));
    return [dx, dWeight, dBias, ...(residual === undefined ? [] : [g])];
  };
  const inputs = [x, weight, bias, ...(residual === undefined ? [] : [residual])];
  return { y: normalise(...inputs), mean, variance, count };
}

/** Mean and variance of each channel over all workers, and N. */
function combined(others: Workers, x: Tensor, axes: number[]) {
  const channels = x.shape.at(-1)!;
  const own = x.size / channels;
  const nothing = () => tf.zeros<tf.Rank.R1>([channels]);
  const mean = own === 0 ? nothing() : tf.mean(x, axes);
  const variance = own === 0 ? nothing() : tf.mean(tf.square(tf.sub(x, mean)), axes);
  const rows = others.gatherNow(tf.reshape(tf.concat([mean, variance, tf.tensor1d([own])]), [1, 2 * channels + 1]));
  const [means, variances, counts] = tf.split(rows, [channels, channels, 1], 1) as [Tensor2D, Tensor2D, Tensor2D];
  const total = tf.sum(counts);
  const shares = tf.div(counts, total);
  const centre = tf.sum<Tensor1D>(tf.mul(shares, means), 0);
  const spread = tf.add(variances, tf.square(tf.sub(means, centre)));
  return { mean: centre, variance: tf.sum<Tensor1D>(tf.mul(shares, spread), 0), total };
}
