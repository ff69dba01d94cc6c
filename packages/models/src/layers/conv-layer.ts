/** A convolution of a plan on tensors: its weights, and what it computes. */
import { conv2d, inceptionConv2d, relu as reluOf } from '@icconv/tensor-ops';
import type { Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { type ConvSpec, samePad } from '../network/plan';
import type { AfterConv } from '../network/walk';
import { type StateDict, weight } from '../state-dict';
import { type BatchNormMode, NORM_PARTS, normLayer } from './norm-layer';

/** Shape of a convolution's filter. */
export function filterShape({ size, inChannels, outChannels, groups }: ConvSpec): [number, number, number, number] {
  return [size, size, inChannels / groups, outChannels];
}

/** Names of a layer's weights of one number a channel: those of its batch norm, or its bias. */
export function vectorNames({ name, norm }: { readonly name: string; readonly norm?: string }): string[] {
  return norm === undefined ? [`${name}.bias`] : NORM_PARTS.map((part) => `${norm}.${part}`);
}

/** Names and shapes of a convolution's weights and those of its batch norm. */
export function convShapes(specs: readonly ConvSpec[]): Record<string, readonly number[]> {
  const shapes: Record<string, readonly number[]> = {};
  for (const spec of specs) {
    shapes[`${spec.name}.weight`] = filterShape(spec);
    for (const name of vectorNames(spec)) shapes[name] = [spec.outChannels];
  }
  return shapes;
}

/** Told of every convolution and its input; may give the output, before norm or bias, in the convolution's stead. */
export type ObserveConv = (conv: ConvSpec, x: Tensor4D) => Tensor4D | undefined;

/** The convolution, its batch norm or bias, and what follows. x [N, H, W, C]; returns [N, ceil(H/stride), ceil(W/stride), O]. */
export function convLayer(
  op: string,
  weights: Readonly<StateDict>,
  x: Tensor4D,
  spec: ConvSpec,
  { relu, residual }: AfterConv<Tensor4D>,
  mode: BatchNormMode,
  observe?: ObserveConv,
): Tensor4D {
  const known = observe?.(spec, x);
  const filter = weight<Tensor4D>(op, weights, `${spec.name}.weight`, filterShape(spec));
  const { norm, epsilon } = spec;
  if (norm !== undefined) {
    const after = { relu, ...(residual !== undefined && { residual }) };
    return normLayer(op, weights, known ?? convolve(x, filter, spec), norm, mode, after, epsilon);
  }
  const bias = weight<Tensor1D>(op, weights, `${spec.name}.bias`, [spec.outChannels]);
  if (known === undefined && residual === undefined) return convolve(x, filter, spec, bias, relu);
  let y = known === undefined ? convolve(x, filter, spec, bias) : tf.add<Tensor4D>(known, bias);
  if (residual !== undefined) y = tf.add(y, residual);
  return relu ? reluOf(y) : y;
}

function convolve(x: Tensor4D, filter: Tensor4D, spec: ConvSpec, bias?: Tensor1D, relu = false): Tensor4D {
  const { stride: strides, groups, dilations } = spec;
  const activation = relu ? 'relu' : 'linear';
  const common = { strides, groups, activation, ...(bias === undefined ? {} : { bias }) } as const;
  return dilations === undefined
    ? conv2d(x, filter, { ...common, pad: samePad(spec) })
    : inceptionConv2d(x, filter, { ...common, dilations });
}
