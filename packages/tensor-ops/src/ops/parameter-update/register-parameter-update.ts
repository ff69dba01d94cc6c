/** Kernels of the optimizer steps. Inputs are one list after another: parameters, gradients, buffers. */
import type { Tensor } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { attr } from '../../kernel/native-backend';
import { registerOnAllBackends } from '../../kernel/registry';

export const SGD_UPDATE = 'IcConvSgdUpdate';
export const ADAM_UPDATE = 'IcConvAdamUpdate';
export const LINEAR_COMBINATION = 'IcConvLinearCombination';
export const GLOBAL_NORM = 'IcConvGlobalNorm';

interface UpdateAttrs {
  readonly count: number;
  readonly rates: readonly number[];
  readonly weightDecays: readonly number[];
  readonly gradientScale: number;
}
interface SgdAttrs extends UpdateAttrs {
  readonly momentum: number;
  readonly dampening: number;
  readonly nesterov: boolean;
}
interface AdamAttrs extends UpdateAttrs {
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  readonly correction1: number;
  readonly correction2: number;
  readonly decoupled: boolean;
}

export function registerParameterUpdate(): void {
  registerOnAllBackends<Tensor[], SgdAttrs>(SGD_UPDATE, (inputs, attrs, { native }) => {
    const tensors = Object.values(inputs);
    const { count, momentum, dampening, nesterov, gradientScale } = attrs;
    if (native === undefined) return sgdPortable(tensors, attrs);
    const step = tf.tensor1d([momentum, dampening, nesterov ? 1 : 0, gradientScale]);
    const momenta = tensors.length - 2 * count;
    const ints = [attr.int('N', count), attr.int('M', momenta)];
    return native.executeMultipleOutputs(
      'IcconvSgdUpdate',
      ints,
      [...tensors, ratesOf(attrs), step],
      count + momenta,
    ) as Tensor[];
  });
  registerOnAllBackends<Tensor[], AdamAttrs>(ADAM_UPDATE, (inputs, attrs, { native }) => {
    const tensors = Object.values(inputs);
    if (native === undefined) return adamPortable(tensors, attrs);
    const { count, beta1, beta2, epsilon, correction1, correction2, decoupled, gradientScale } = attrs;
    const step = tf.tensor1d([beta1, beta2, epsilon, correction1, correction2, decoupled ? 1 : 0, gradientScale]);
    const given = [...tensors, ratesOf(attrs), step];
    return native.executeMultipleOutputs('IcconvAdamUpdate', [attr.int('N', count)], given, 3 * count) as Tensor[];
  });
  registerOnAllBackends<Tensor[], { count: number; a: number; b: number }>(
    LINEAR_COMBINATION,
    (inputs, { count, a, b }, { native }) => {
      const tensors = Object.values(inputs);
      if (native === undefined) {
        return tensors.slice(0, count).map((x, i) => tf.add(tf.mul(x, a), tf.mul(tensors[count + i]!, b)));
      }
      const given = [...tensors, tf.tensor1d([a, b])];
      return native.executeMultipleOutputs('IcconvLinearCombination', [attr.int('N', count)], given, count) as Tensor[];
    },
  );
  registerOnAllBackends<Tensor[], { count: number }>(GLOBAL_NORM, (inputs, { count }, { native }) => {
    const tensors = Object.values(inputs);
    if (native !== undefined) {
      return native.executeSingleOutput('IcconvGlobalNorm', [attr.int('N', count)], tensors) as Tensor;
    }
    return globalNormPortable(tensors.filter(({ size }) => size > 0));
  });
}

/** In units of the largest number: squares of large ones would be infinite, where the native kernel adds doubles. */
function globalNormPortable(tensors: readonly Tensor[]): Tensor {
  if (tensors.length === 0) return tf.scalar(0);
  const largest = tf.max(tf.stack(tensors.map((tensor) => tf.max(tf.abs(tensor)))));
  const unit = tf.where(tf.logicalAnd(tf.less(largest, Number.POSITIVE_INFINITY), tf.greater(largest, 0)), largest, 1);
  return tf.mul(tf.sqrt(tf.addN(tensors.map((tensor) => tf.sum(tf.square(tf.div(tensor, unit)))))), unit);
}

const ratesOf = ({ count, rates, weightDecays }: UpdateAttrs) =>
  tf.tensor2d(
    rates.flatMap((rate, i) => [rate, weightDecays[i]!]),
    [count, 2],
  );

function sgdPortable(tensors: readonly Tensor[], attrs: SgdAttrs): Tensor[] {
  const { count, rates, momentum, dampening, nesterov } = attrs;
  const parameters: Tensor[] = [];
  const momenta: Tensor[] = [];
  for (let i = 0; i < count; i++) {
    const parameter = tensors[i]!;
    const gradient = decayed(tensors[count + i]!, parameter, attrs.gradientScale, attrs.weightDecays[i]!);
    const old = tensors[2 * count + i];
    let direction = gradient;
    if (old !== undefined) {
      const velocity = tf.add(tf.mul(old, momentum), tf.mul(gradient, 1 - dampening));
      momenta.push(velocity);
      direction = nesterov ? tf.add(gradient, tf.mul(velocity, momentum)) : velocity;
    }
    parameters.push(tf.sub(parameter, tf.mul(direction, rates[i]!)));
  }
  return [...parameters, ...momenta];
}

function adamPortable(tensors: readonly Tensor[], attrs: AdamAttrs): Tensor[] {
  const { count, rates, weightDecays, beta1, beta2, epsilon, correction1, correction2, decoupled } = attrs;
  const results: Tensor[][] = [[], [], []];
  for (let i = 0; i < count; i++) {
    const [parameter, raw, oldMean, oldSquare] = [0, 1, 2, 3].map((list) => tensors[list * count + i]!) as [
      Tensor,
      Tensor,
      Tensor,
      Tensor,
    ];
    const gradient = decayed(raw, parameter, attrs.gradientScale, decoupled ? 0 : weightDecays[i]!);
    const mean = tf.add(oldMean, tf.mul(tf.sub(gradient, oldMean), 1 - beta1));
    const square = tf.add(tf.mul(oldSquare, beta2), tf.mul(tf.square(gradient), 1 - beta2));
    const spread = tf.add(tf.div(tf.sqrt(square), Math.sqrt(correction2)), epsilon);
    const kept = decoupled ? tf.mul(parameter, 1 - rates[i]! * weightDecays[i]!) : parameter;
    results[0]!.push(tf.sub(kept, tf.mul(tf.div(mean, spread), rates[i]! / correction1)));
    results[1]!.push(mean);
    results[2]!.push(square);
  }
  return results.flat();
}

function decayed(gradient: Tensor, parameter: Tensor, scale: number, decay: number): Tensor {
  const scaled = scale === 1 ? gradient : tf.mul(gradient, scale);
  return decay === 0 ? scaled : tf.add(scaled, tf.mul(parameter, decay));
}
