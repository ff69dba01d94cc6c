/**
 * Convolutions made ready for inference: batch norm folded into the filter, bias, residual sum and ReLU applied with it, and the filter
 * in the order in which the backend's kernel reads it.
 */
import {
  type ConvPrecision,
  fusedConv2d,
  type PackedConv2dFilter,
  type PackedInceptionFilter,
  packConv2dFilter,
  packInceptionFilter,
} from '@icconv/tensor-ops';
import type { Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { filterShape } from '../layers/conv-layer';
import { foldedNorm } from '../layers/norm-layer';
import { type ConvSpec, samePad } from '../network/plan';
import type { AfterConv } from '../network/walk';
import { type StateDict, weight } from '../state-dict';

/** A convolution with its weights inside, as the steps of a program name them. */
export type CompiledConv =
  | { readonly kind: 'conv'; readonly filter: PackedConv2dFilter; readonly bias: Tensor1D }
  | {
      readonly kind: 'inceptionConv';
      readonly filter: PackedInceptionFilter;
      readonly bias: Tensor1D;
      readonly strides: number;
    };

/** How a network is made ready for inference. */
export interface CompileOptions {
  /**
   * Of what numbers products are made on the native CPU, where maps and sums stay float32: `'bfloat16'` wants a processor with AVX512-BF16. Without
   * AMX, inception layers and Winograd's 3x3 layers stay float32 with it. @defaultValue `'float32'`
   */
  readonly precision?: ConvPrecision | undefined;
}

/** Compiles one convolution of a plan. The weights stay the caller's and may be disposed afterwards. */
export function compileConv(
  op: string,
  weights: Readonly<StateDict>,
  spec: ConvSpec,
  options: CompileOptions = {},
): CompiledConv {
  return packFolded(
    () => foldConv(op, weights, spec),
    (filter, bias) =>
      spec.dilations === undefined
        ? compilePlain(filter, bias, spec, options)
        : compileInception(filter, bias, spec, options),
  );
}

/** Makes filter and bias, packs the filter, and keeps what was packed. @param fold - whose other tensors are freed. */
export function packFolded(
  fold: () => [filter: Tensor4D, bias: Tensor1D],
  pack: (filter: Tensor4D, bias: Tensor1D) => CompiledConv,
): CompiledConv {
  const [filter, bias] = tf.tidy(fold);
  // A network may be compiled inside somebody's tf.tidy and outlive it.
  tf.keep(bias);
  try {
    const compiled = pack(filter, bias);
    tf.keep(compiled.filter.tensor);
    return compiled;
  } catch (error) {
    bias.dispose();
    throw error;
  } finally {
    filter.dispose();
  }
}

/** Runs a compiled convolution that is not an inception one. */
export function runConv(x: Tensor4D, compiled: CompiledConv, { relu, residual }: AfterConv<Tensor4D>): Tensor4D {
  const { filter, bias } = compiled as CompiledConv & { readonly kind: 'conv' };
  return fusedConv2d(x, filter, { bias, activation: relu ? 'relu' : 'linear', ...(residual && { residual }) });
}

/** Filter and bias of a convolution that does the batch norm's work too: filter*scale and shift. */
export function foldConv(op: string, weights: Readonly<StateDict>, spec: ConvSpec): [filter: Tensor4D, bias: Tensor1D] {
  const filter = weight<Tensor4D>(op, weights, `${spec.name}.weight`, filterShape(spec));
  if (spec.norm === undefined) {
    return [tf.clone(filter), tf.clone(weight<Tensor1D>(op, weights, `${spec.name}.bias`, [spec.outChannels]))];
  }
  const [scale, shift] = foldedNorm(op, weights, spec.norm, spec.outChannels, spec.epsilon);
  return [tf.mul(filter, scale), shift];
}

function compilePlain(
  filter: Tensor4D,
  bias: Tensor1D,
  spec: ConvSpec,
  { precision = 'float32' }: CompileOptions,
): CompiledConv {
  const geometry = { strides: spec.stride, pad: samePad(spec), groups: spec.groups };
  const packed = packConv2dFilter(filter, { ...geometry, precision });
  return { kind: 'conv', filter: packed, bias };
}

function compileInception(
  filter: Tensor4D,
  bias: Tensor1D,
  spec: ConvSpec,
  { precision = 'float32' }: CompileOptions,
): CompiledConv {
  const packed = packInceptionFilter(filter, { dilations: spec.dilations!, groups: spec.groups, precision });
  return { kind: 'inceptionConv', filter: packed, bias, strides: spec.stride };
}
