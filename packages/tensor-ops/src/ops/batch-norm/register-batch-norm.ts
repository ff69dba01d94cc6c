/** Kernels and gradients of `batchNorm` and `relu`. */
import type { Tensor, Tensor1D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { attr } from '../../kernel/native-backend';
import { registerGradientOnce, registerOnAllBackends, runKernel } from '../../kernel/registry';

export const BATCH_NORM = 'IcConvBatchNorm';
const BATCH_NORM_GRAD = 'IcConvBatchNormGrad';
export const RELU = 'IcConvRelu';
const RELU_GRAD = 'IcConvReluGrad';

export interface BatchNormAttrs {
  readonly epsilon: number;
  readonly relu: boolean;
  /** Whether there is a residual. */
  readonly residual: boolean;
}

interface Inputs {
  readonly x: Tensor;
  readonly weight: Tensor1D;
  readonly bias: Tensor1D;
  readonly residual?: Tensor;
}

interface GradInputs {
  readonly x: Tensor;
  readonly dy: Tensor;
  readonly weight: Tensor1D;
  readonly mean: Tensor1D;
  readonly variance: Tensor1D;
  /** With ReLU. */
  readonly y?: Tensor;
}

interface GradAttrs {
  readonly epsilon: number;
  readonly residual: boolean;
}

export function registerBatchNorm(): void {
  registerOnAllBackends<Inputs, BatchNormAttrs>(BATCH_NORM, (inputs, attrs, { native }) => {
    if (native === undefined) return portable(inputs, attrs);
    const { x, weight, bias, residual } = inputs;
    const residuals = residual === undefined ? [] : [residual];
    const settings = [
      attr.int('R', residuals.length),
      attr.float('epsilon', attrs.epsilon),
      attr.bool('relu', attrs.relu),
    ];
    return native.executeMultipleOutputs('IcconvBatchNorm', settings, [x, weight, bias, ...residuals], 3) as Tensor[];
  });
  registerOnAllBackends<GradInputs, GradAttrs>(BATCH_NORM_GRAD, (inputs, { epsilon, residual }, { native }) => {
    if (native === undefined) return portableGrad(inputs, epsilon);
    const { x, dy, weight, mean, variance, y } = inputs;
    const outputs = y === undefined ? [] : [y];
    const settings = [attr.int('R', residual ? 1 : 0), attr.int('Y', outputs.length), attr.float('epsilon', epsilon)];
    const given = [x, dy, weight, mean, variance, ...outputs];
    return native.executeMultipleOutputs('IcconvBatchNormGrad', settings, given, residual ? 4 : 3) as Tensor[];
  });
  registerGradientOnce({
    kernelName: BATCH_NORM,
    inputsToSave: ['x', 'weight'],
    outputsToSave: [true, true, true],
    gradFunc: (dys, saved, attrs) => {
      const { epsilon, relu, residual } = attrs as unknown as BatchNormAttrs;
      const [x, weight, y, mean, variance] = saved as [Tensor, Tensor1D, Tensor, Tensor1D, Tensor1D];
      const dy = (dys as Tensor[])[0]!;
      const inputs = { x, dy, weight, mean, variance, ...(relu && { y }) };
      // At once and not in the functions below: what one of those makes is gone when the next one is called.
      const results = runKernel<Tensor[]>('batchNorm', BATCH_NORM_GRAD, inputs, { epsilon, residual });
      const take = (index: number) => () => results[index]!;
      return { x: take(0), weight: take(1), bias: take(2), residual: take(3) };
    },
  });

  registerOnAllBackends<{ x: Tensor }, object>(RELU, ({ x }, _, { native }) =>
    native === undefined ? tf.relu(x) : (native.executeSingleOutput('Relu', [attr.float32()], [x]) as Tensor),
  );
  registerOnAllBackends<{ dy: Tensor; y: Tensor }, object>(RELU_GRAD, ({ dy, y }, _, { native }) =>
    native === undefined
      ? tf.mul(dy, tf.step(y))
      : (native.executeSingleOutput('ReluGrad', [attr.float32()], [dy, y]) as Tensor),
  );
  registerGradientOnce({
    kernelName: RELU,
    outputsToSave: [true],
    gradFunc: (dy, saved) => ({ x: () => reluGradient(dy as Tensor, saved[0]!) }),
  });
}

/** The gradient in front of ReLU, from that behind it and the result `y`. */
export const reluGradient = <T extends Tensor>(dy: T, y: Tensor): T =>
  runKernel('relu', RELU_GRAD, { dy, y }, {}) as unknown as T;

const pixelAxes = (x: Tensor) => Array.from({ length: x.rank - 1 }, (_, axis) => axis);

function portable({ x, weight, bias, residual }: Inputs, { epsilon, relu }: BatchNormAttrs): Tensor[] {
  const axes = pixelAxes(x);
  const mean = tf.mean(x, axes);
  // The mean comes off first: scaled along, it would take digits with it where it is large beside the deviation.
  const centred = tf.sub(x, mean);
  const variance = tf.mean(tf.square(centred), axes);
  let y = tf.add(tf.mul(centred, tf.mul(weight, tf.rsqrt(tf.add(variance, epsilon)))), bias);
  if (residual !== undefined) y = tf.add(y, residual);
  return [relu ? tf.relu(y) : y, mean, variance];
}

/** dx = weight/deviation * (g - mean(g) - z*mean(g*z)), g the gradient in front of ReLU, z the normalised x. */
function portableGrad({ x, dy, weight, mean, variance, y }: GradInputs, epsilon: number): Tensor[] {
  const axes = pixelAxes(x);
  const count = x.size / x.shape.at(-1)!;
  const g = y === undefined ? tf.clone(dy) : tf.mul(dy, tf.step(y));
  const inverse = tf.rsqrt(tf.add(variance, epsilon));
  const centred = tf.sub(x, mean);
  const dBias = tf.sum(g, axes);
  const dWeight = tf.mul(tf.sum(tf.mul(g, centred), axes), inverse);
  const slope = tf.mul(tf.mul(dWeight, inverse), 1 / count);
  const dx = tf.sub(tf.sub(g, tf.mul(dBias, 1 / count)), tf.mul(centred, slope));
  return [tf.mul(dx, tf.mul(weight, inverse)), dWeight, dBias, g];
}
