/** A batch norm by its name in a state dict: with the batch's statistics or the running ones, and what follows it. */
import { relu as reluOf } from '@icconv/tensor-ops';
import type { Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { type StateDict, weight } from '../state-dict';
import {
  type AfterNorm,
  BATCH_NORM_EPSILON,
  type BatchNormWeights,
  normalizeByBatch,
  normalizeByRunning,
  scaleAndShift,
} from './batch-norm';

/** How the batch norms of a run behave. */
export interface BatchNormMode {
  /** True for those that take the statistics of the batch, by name. */
  readonly trains: (norm: string) => boolean;
  readonly momentum: number;
  /** Receives the new running statistics. */
  readonly statistics: Record<string, Tensor1D>;
}

/** Names of a batch norm's weights, behind its own. */
export const NORM_PARTS = ['weight', 'bias', 'running_mean', 'running_var'] as const;

/**
 * Normalises a map, adds the shortcut if there is one, and applies ReLU if asked to. Differentiable for x, scale, shift and residual.
 *
 * @param x - float32 [N, H, W, C]. @param norm - name without `.weight`.
 * @throws {@link InvalidArgumentError} for a missing weight, {@link ShapeMismatchError} for one of another shape.
 */
export function normLayer(
  op: string,
  weights: Readonly<StateDict>,
  x: Tensor4D,
  norm: string,
  mode: BatchNormMode,
  { relu, residual }: AfterNorm,
  epsilon = BATCH_NORM_EPSILON,
): Tensor4D {
  const own = normWeights(op, weights, norm, x.shape[3]);
  if (mode.trains(norm)) {
    const after = { relu, ...(residual !== undefined && { residual }) };
    const { y, mean, variance } = normalizeByBatch(op, norm, x, own, mode.momentum, after, epsilon);
    mode.statistics[`${norm}.running_mean`] = mean;
    mode.statistics[`${norm}.running_var`] = variance;
    return y;
  }
  let y = normalizeByRunning(x, own, epsilon);
  if (residual !== undefined) y = tf.add(y, residual);
  return relu ? reluOf(y) : y;
}

/** Scale and shift that a batch norm with running statistics amounts to, for folding it into a filter. float32 [channels]. */
export function foldedNorm(
  op: string,
  weights: Readonly<StateDict>,
  norm: string,
  channels: number,
  epsilon = BATCH_NORM_EPSILON,
): [scale: Tensor1D, shift: Tensor1D] {
  return scaleAndShift(normWeights(op, weights, norm, channels), epsilon);
}

/** The weights of a batch norm. */
export function normWeights(
  op: string,
  weights: Readonly<StateDict>,
  norm: string,
  channels: number,
): BatchNormWeights {
  const take = (name: string) => weight<Tensor1D>(op, weights, `${norm}.${name}`, [channels]);
  return { weight: take('weight'), bias: take('bias'), mean: take('running_mean'), variance: take('running_var') };
}
