import { relu as reluOf, sharesStatistics } from '@icconv/tensor-ops';
import type { Tensor, Tensor1D, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { convLayer } from '../layers/conv-layer';
import { type BatchNormMode, normLayer } from '../layers/norm-layer';
import { checkBatchNorm, type NormOptions } from '../layers/norm-options';
import { plainConv } from '../network/plan';
import { type StateDict, weight } from '../state-dict';
import { doubled } from './deconv';
import { type HeadDeconv, type HeadLayer, type HeadLinear, type HeadPlan, walkHead } from './head-plan';
import { weightShape } from './head-weights';

export interface HeadResult<Output extends string> {
  /** By name, in the plan's order: maps [N, H, W, out], vectors [N, out] of linear layers. */
  readonly outputs: Record<Output, Tensor>;
  /** New values of the running statistics that training changes, by name. */
  readonly statistics: Record<string, Tensor1D>;
}

/**
 * Runs a head on tensors, for training and evaluation. Differentiable for x and every weight but the running statistics.
 *
 * @param op - name for errors. @param weights - see `headShapes`. @param x - float32 [N, H, W, C]; N may be 0.
 * @returns the caller disposes all.
 * @throws {@link InvalidArgumentError} for a missing weight, {@link ShapeMismatchError} for one of another shape.
 */
export function runHead<Output extends string>(
  op: string,
  weights: Readonly<StateDict>,
  x: Tensor4D,
  plan: HeadPlan<Output>,
  options: NormOptions = {},
): HeadResult<Output> {
  const { trains, momentum } = checkBatchNorm(op, options);
  return tf.tidy((() => {
    const statistics: Record<string, Tensor1D> = {};
    // Nothing has no statistics: without an image the running ones stay, unless other workers have some and wait for this one.
    const mode: BatchNormMode = {
      trains: (norm) => (x.shape[0] > 0 || sharesStatistics()) && trains(norm),
      momentum,
      statistics,
    };
    const outputs = walkHead<Tensor, Output>(plan, x, {
      ...HEAD_STEPS,
      layer: (y, layer) => tensorLayer(op, weights, y, layer, mode),
    });
    return { outputs, statistics };
  }) as () => never) as unknown as HeadResult<Output>;
}

/** The steps that are the same with tensors of training and of compiled inference. */
export const HEAD_STEPS = { join: (x: Tensor, output: Tensor) => tf.concat([x, output], 3) };

/** Shape [N, values] of x as vectors. */
export function vectorShape({ shape: [count = 0, ...rest] }: Tensor): [number, number] {
  return [count, rest.reduce((a, b) => a * b, 1)];
}

function tensorLayer(
  op: string,
  weights: Readonly<StateDict>,
  x: Tensor,
  layer: HeadLayer,
  mode: BatchNormMode,
): Tensor {
  const relu = layer.relu ?? false;
  switch (layer.kind) {
    case 'conv':
      return convLayer(op, weights, x as Tensor4D, plainConv(layer), { relu }, mode);
    case 'deconv':
      return deconvLayer(op, weights, x as Tensor4D, layer, mode);
    case 'linear': {
      const y = linear(op, weights, tf.reshape(x, vectorShape(x)), layer);
      return relu ? reluOf(y) : y;
    }
  }
}

function deconvLayer(
  op: string,
  weights: Readonly<StateDict>,
  x: Tensor4D,
  layer: HeadDeconv,
  mode: BatchNormMode,
): Tensor4D {
  const { name, norm, outChannels, relu = false } = layer;
  const filter = weight<Tensor4D>(op, weights, `${name}.weight`, weightShape(layer));
  if (norm !== undefined) return normLayer(op, weights, doubled(x, filter, layer), norm, mode, { relu });
  const y = doubled(x, filter, layer, weight<Tensor1D>(op, weights, `${name}.bias`, [outChannels]));
  return relu ? reluOf(y) : y;
}

function linear(op: string, weights: Readonly<StateDict>, x: Tensor2D, layer: HeadLinear): Tensor2D {
  const matrix = weight<Tensor2D>(op, weights, `${layer.name}.weight`, weightShape(layer));
  const bias = weight<Tensor1D>(op, weights, `${layer.name}.bias`, [layer.outChannels]);
  return tf.add(tf.matMul(x, matrix), bias);
}
