/** A small network for tests of programs. */
import { hashed } from '@icconv/test-utils/values';
import * as tf from '@tensorflow/tfjs-core';
import type { ConvStep } from '../../src/ops/conv-program';
import { packConv2dFilter } from '../../src/ops/fused-conv2d';
import { fusedConv2d } from '../../src/ops/fused-conv2d/fused-conv2d';
import { inceptionConv2dPacked, packInceptionFilter } from '../../src/ops/inception-conv2d';
import { maxPool2d } from '../../src/ops/max-pool2d';

const product = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1);
let seed = 1;
const tensor = <R extends tf.Rank>(...shape: number[]) =>
  tf.tensor<R>(hashed(seed++, product(shape)), shape as tf.ShapeMap[R]);

/** Every kind of step, a shortcut over two of them, and maps of two sizes. */
export function sampleProgram() {
  const first = packConv2dFilter(tensor(3, 3, 3, 24), { strides: 2 });
  const second = packConv2dFilter(tensor(1, 1, 24, 16));
  const dilations = Array.from({ length: 32 }, (_, c) => [1 + (c % 3), 1 + (c % 2)] as const);
  const third = packInceptionFilter(tensor(3, 3, 16, 32), { dilations });
  const fourth = packConv2dFilter(tensor(3, 3, 8, 24), { groups: 4 });
  const biases = [24, 16, 32, 24].map((channels) => tensor<tf.Rank.R1>(channels));
  const [a, b, c, d] = biases as [tf.Tensor1D, tf.Tensor1D, tf.Tensor1D, tf.Tensor1D];
  const steps: ConvStep[] = [
    { kind: 'conv', input: 0, filter: first, bias: a, activation: 'relu' },
    { kind: 'maxPool', input: 1, size: 3, strides: 2, pad: 1 },
    { name: 'layer1.0.conv1', kind: 'conv', input: 2, filter: second, bias: b, activation: 'relu' },
    { kind: 'inceptionConv', input: 3, filter: third, bias: c, activation: 'relu' },
    { kind: 'conv', input: 4, filter: fourth, bias: d, residual: 2 },
    { kind: 'add', input: 5, other: 2, activation: 'relu' },
    { kind: 'inceptionConv', input: 3, filter: third, strides: 2 },
  ];
  const byHand = (x: tf.Tensor4D) =>
    tf.tidy(() => {
      const one = fusedConv2d(x, first, { bias: a, activation: 'relu' });
      const two = maxPool2d(one, { size: 3, strides: 2, pad: 1 });
      const three = fusedConv2d(two, second, { bias: b, activation: 'relu' });
      const four = inceptionConv2dPacked(three, third, { bias: c, activation: 'relu' });
      const five = fusedConv2d(four, fourth, { bias: d, residual: two });
      const seven = inceptionConv2dPacked(three, third, { strides: 2 });
      return [tf.relu(tf.add<tf.Tensor4D>(five, two)), one, seven];
    });
  return { steps, outputs: [6, 1, 7], byHand };
}
