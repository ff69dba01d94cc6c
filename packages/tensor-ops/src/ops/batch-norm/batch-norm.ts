/** Batch normalisation by the statistics of the batch, with what follows it in residual networks, and ReLU. */
import type { Tensor, Tensor1D } from '@tensorflow/tfjs-core';
import { InvalidArgumentError, ShapeMismatchError } from '../../errors';
import { checkLive } from '../../kernel/check';
import { runKernel } from '../../kernel/registry';
import { BATCH_NORM, type BatchNormAttrs, RELU } from './register-batch-norm';
import { sharedBatchNorm, sharedWith } from './shared-statistics';

export interface BatchNormOptions<T extends Tensor> {
  /** @defaultValue `1e-5` */
  readonly epsilon?: number;
  /** Of x's shape; added before ReLU. @defaultValue none */
  readonly residual?: T;
  /** @defaultValue `false` */
  readonly relu?: boolean;
}

export interface BatchNormResult<T extends Tensor> {
  readonly y: T;
  /** [C], of the batch. Without gradients of their own. */
  readonly mean: Tensor1D;
  /** [C], divided by the number of values. */
  readonly variance: Tensor1D;
  /** Values a channel, of all workers where statistics are shared. */
  readonly count: number;
}

/**
 * y = relu((x - mean) / sqrt(variance + epsilon) * weight + bias + residual), mean and variance of each channel over everything else.
 *
 * Differentiable for x, weight, bias and residual; the statistics count as functions of x. One pass forward and one back on the native
 * backend. Within `sharingStatistics` mean and variance are those of all workers' batches.
 *
 * @param x - float32 [..., C] of at least two values a channel. @param weight - [C]. @param bias - [C].
 * @returns tensors that the caller disposes.
 * @throws {@link InvalidArgumentError}, {@link ShapeMismatchError}, {@link UnsupportedBackendError}
 */
export function batchNorm<T extends Tensor>(
  x: T,
  weight: Tensor1D,
  bias: Tensor1D,
  options: BatchNormOptions<T> = {},
): BatchNormResult<T> {
  const op = 'batchNorm';
  const { epsilon = 1e-5, residual, relu = false } = options;
  checkLive(op, 'x', x);
  const channels = x.shape.at(-1) ?? 0;
  const others = sharedWith();
  if (x.rank < 2 || channels < 1 || (others === undefined && x.size / channels < 2)) {
    throw new ShapeMismatchError(op, 'x', '[..., C] with at least two values a channel', x.shape);
  }
  for (const [name, vector] of Object.entries({ weight, bias })) {
    checkLive(op, name, vector);
    if (vector.rank !== 1 || vector.size !== channels) {
      throw new ShapeMismatchError(op, name, `[${channels}]`, vector.shape);
    }
  }
  if (residual !== undefined) checkLive(op, 'residual', residual);
  if (residual !== undefined && residual.shape.join() !== x.shape.join()) {
    throw new ShapeMismatchError(op, 'residual', `[${x.shape.join(', ')}]`, residual.shape);
  }
  if (!(epsilon > 0)) throw new InvalidArgumentError(op, 'epsilon', epsilon, 'a number above 0');
  if (others !== undefined) {
    const shared = { epsilon, relu, ...(residual !== undefined && { residual }) };
    return sharedBatchNorm(others, x, weight, bias, shared) as BatchNormResult<T>;
  }
  const attrs: BatchNormAttrs = { epsilon, relu, residual: residual !== undefined };
  const inputs = { x, weight, bias, ...(residual !== undefined && { residual }) };
  const [y, mean, variance] = runKernel<Tensor[]>(op, BATCH_NORM, inputs, attrs);
  return { y: y as T, mean: mean as Tensor1D, variance: variance as Tensor1D, count: x.size / channels };
}

/** max(x, 0). As `tf.relu`, whose gradient is composed of six operators, with a gradient in one. The caller disposes the result. */
export function relu<T extends Tensor>(x: T): T {
  checkLive('relu', 'x', x);
  return runKernel('relu', RELU, { x }, {}) as T;
}
