/**
 * Convolutions made ready for inference: batch norm folded into the filter, bias, residual sum and ReLU applied with it, and the filter
 * in the order in which the backend's kernel reads it.
 */
import { fusedConv2d, inceptionConv2dPacked, packConv2dFilter, packInceptionFilter } from '@icconv/tensor-ops';
import type { Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { scaleAndShift } from '../layers/batch-norm';
import { filterShape, normWeights } from '../layers/conv-layer';
import { type ConvSpec, samePad } from '../network/plan';
import type { AfterConv } from '../network/walk';
import { type StateDict, weight } from '../state-dict';

/** A convolution with its weights inside. */
export interface CompiledConv {
  /**
   * @param x - float32 [N, H, W, C].
   * @returns relu(convolution + bias + residual), float32 [N, ceil(H/stride), ceil(W/stride), O]; the caller disposes it.
   */
  apply(x: Tensor4D, after: AfterConv<Tensor4D>): Tensor4D;
  dispose(): void;
}

/** Compiles one convolution of a plan. The weights stay the caller's and may be disposed afterwards. */
export function compileConv(op: string, weights: StateDict, spec: ConvSpec): CompiledConv {
  const [filter, bias] = tf.tidy(() => foldConv(op, weights, spec));
  // A network may be compiled inside somebody's tf.tidy and outlive it.
  tf.keep(bias);
  try {
    return spec.dilations === undefined ? compilePlain(filter, bias, spec) : compileInception(filter, bias, spec);
  } catch (error) {
    bias.dispose();
    throw error;
  } finally {
    filter.dispose();
  }
}

/** Filter and bias of a convolution that does the batch norm's work too: filter*scale and shift. */
export function foldConv(op: string, weights: StateDict, spec: ConvSpec): [filter: Tensor4D, bias: Tensor1D] {
  const filter = weight<Tensor4D>(op, weights, `${spec.name}.weight`, filterShape(spec));
  if (spec.norm === undefined) {
    return [tf.clone(filter), tf.clone(weight<Tensor1D>(op, weights, `${spec.name}.bias`, [spec.outChannels]))];
  }
  const [scale, shift] = scaleAndShift(normWeights(op, weights, spec.norm, spec.outChannels));
  return [tf.mul(filter, scale), shift];
}

function compilePlain(filter: Tensor4D, bias: Tensor1D, spec: ConvSpec): CompiledConv {
  const packed = packConv2dFilter(filter, { strides: spec.stride, pad: samePad(spec), groups: spec.groups });
  tf.keep(packed.tensor);
  return {
    apply(x, { relu, residual }) {
      const activation = relu ? 'relu' : 'linear';
      return fusedConv2d(x, packed, residual === undefined ? { bias, activation } : { bias, activation, residual });
    },
    dispose: () => tf.dispose([packed.tensor, bias]),
  };
}

function compileInception(filter: Tensor4D, bias: Tensor1D, spec: ConvSpec): CompiledConv {
  const packed = packInceptionFilter(filter, { dilations: spec.dilations!, groups: spec.groups });
  tf.keep(packed.tensor);
  const options = { strides: spec.stride, bias };
  return {
    apply(x, { relu, residual }) {
      // The kernel cannot add a residual; only basic blocks have one behind an inception convolution.
      if (residual === undefined)
        return inceptionConv2dPacked(x, packed, { ...options, activation: relu ? 'relu' : 'linear' });
      return tf.tidy(() => {
        const sum = tf.add<Tensor4D>(inceptionConv2dPacked(x, packed, options), residual);
        return relu ? tf.relu(sum) : sum;
      });
    },
    dispose: () => tf.dispose([packed.tensor, bias]),
  };
}
