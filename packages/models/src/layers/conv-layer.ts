/** A convolution of a plan on tensors: its weights, and what it computes. */
import { conv2d, inceptionConv2d, relu as reluOf } from '@icconv/tensor-ops';
import type { Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { type ConvSpec, samePad } from '../network/plan';
import type { AfterConv } from '../network/walk';
import { type StateDict, weight } from '../state-dict';
import { type BatchNormWeights, normalizeByBatch, normalizeByRunning } from './batch-norm';

/** Shape of a convolution's filter. */
export function filterShape({ size, inChannels, outChannels, groups }: ConvSpec): [number, number, number, number] {
  return [size, size, inChannels / groups, outChannels];
}

const NORM_PARTS = ['weight', 'bias', 'running_mean', 'running_var'] as const;

/** Names and shapes of a convolution's weights and those of its batch norm. */
export function convShapes(specs: readonly ConvSpec[]): Record<string, readonly number[]> {
  const shapes: Record<string, readonly number[]> = {};
  for (const spec of specs) {
    shapes[`${spec.name}.weight`] = filterShape(spec);
    const vectors = spec.norm === undefined ? [`${spec.name}.bias`] : NORM_PARTS.map((part) => `${spec.norm}.${part}`);
    for (const name of vectors) shapes[name] = [spec.outChannels];
  }
  return shapes;
}

/** How the batch norms of a run behave. */
export interface BatchNormMode {
  /** True for those that take the statistics of the batch, by name. */
  readonly trains: (norm: string) => boolean;
  readonly momentum: number;
  /** Receives the new running statistics. */
  readonly statistics: Record<string, Tensor1D>;
}

/** Told of every convolution and its input; may give the output, before norm or bias, in the convolution's stead. */
export type ObserveConv = (conv: ConvSpec, x: Tensor4D) => Tensor4D | undefined;

/** The convolution, its batch norm or bias, and what follows. x [N, H, W, C]; returns [N, ceil(H/stride), ceil(W/stride), O]. */
export function convLayer(
  op: string,
  weights: StateDict,
  x: Tensor4D,
  spec: ConvSpec,
  { relu, residual }: AfterConv<Tensor4D>,
  mode: BatchNormMode,
  observe?: ObserveConv,
): Tensor4D {
  const known = observe?.(spec, x);
  const filter = weight<Tensor4D>(op, weights, `${spec.name}.weight`, filterShape(spec));
  const { norm } = spec;
  let y: Tensor4D;
  if (norm === undefined) {
    const bias = weight<Tensor1D>(op, weights, `${spec.name}.bias`, [spec.outChannels]);
    y = known === undefined ? convolve(x, filter, spec, bias) : tf.add(known, bias);
  } else if (mode.trains(norm)) {
    const z = known ?? convolve(x, filter, spec);
    const after = { relu, ...(residual !== undefined && { residual }) };
    const result = normalizeByBatch(
      op,
      norm,
      z,
      normWeights(op, weights, norm, spec.outChannels),
      mode.momentum,
      after,
    );
    mode.statistics[`${norm}.running_mean`] = result.mean;
    mode.statistics[`${norm}.running_var`] = result.variance;
    return result.y;
  } else {
    y = normalizeByRunning(known ?? convolve(x, filter, spec), normWeights(op, weights, norm, spec.outChannels));
  }
  if (residual !== undefined) y = tf.add(y, residual);
  return relu ? reluOf(y) : y;
}

function convolve(x: Tensor4D, filter: Tensor4D, spec: ConvSpec, bias?: Tensor1D): Tensor4D {
  const { stride: strides, groups, dilations } = spec;
  const common = { strides, groups, ...(bias === undefined ? {} : { bias }) };
  return dilations === undefined
    ? conv2d(x, filter, { ...common, pad: samePad(spec) })
    : inceptionConv2d(x, filter, { ...common, dilations });
}

/** The weights of a batch norm. */
export function normWeights(op: string, weights: StateDict, norm: string, channels: number): BatchNormWeights {
  const take = (name: string) => weight<Tensor1D>(op, weights, `${norm}.${name}`, [channels]);
  return { weight: take('weight'), bias: take('bias'), mean: take('running_mean'), variance: take('running_var') };
}
