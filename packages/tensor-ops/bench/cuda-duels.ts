/** Operators of ours on a GPU beside the composition of TensorFlow's that does the same: for `pnpm bench cuda`. */
import * as tf from '@tensorflow/tfjs-core';
import { batchNorm, fusedConv2d, packConv2dFilter, resizeNormalize, sgdUpdate } from '../src';
import { convolutionWork, type Work } from './roofline';

export interface Duel {
  readonly name: string;
  /** Both give the same numbers; called within a tidy. */
  readonly own: () => tf.Tensor;
  readonly plain: () => tf.Tensor;
  readonly work: Work;
}

/** What reads and writes each number `times` times at least, and computes little. */
const traffic = (numbers: number, times: number): Work => ({ flops: numbers, bytes: 4 * times * numbers });

const random = (shape: number[], seed: number) => tf.randomUniform(shape, -1, 1, 'float32', seed);

/** `scale` 1: sizes of a ResNet-50 in training and of a picture of 1333 x 800; less for a look at whether all goes well. */
export function duels(scale = 1): Duel[] {
  return [batchNormDuel(scale), updateDuel(scale), convolutionDuel(scale), pictureDuel(scale)];
}

function batchNormDuel(scale: number): Duel {
  const side = Math.ceil(100 * scale);
  const x = random([2, side, side, 256], 1) as tf.Tensor4D;
  const [weight, bias] = [random([256], 2) as tf.Tensor1D, random([256], 3) as tf.Tensor1D];
  return {
    name: `batchNorm with ReLU ${x.shape.join('x')}`,
    // Read for the statistics, read again, written.
    work: traffic(x.size, 3),
    own: () => batchNorm(x, weight, bias, { relu: true }).y,
    plain: () => {
      const { mean, variance } = tf.moments(x, [0, 1, 2]);
      return tf.relu(tf.batchNorm(x, mean as tf.Tensor1D, variance as tf.Tensor1D, bias, weight, 1e-5));
    },
  };
}

/** A list like that of a network's parameters: a few large, many small. */
function updateDuel(scale: number): Duel {
  const sizes = Array.from({ length: 160 }, (_, i) => (i % 3 === 0 ? Math.ceil(400_000 * scale) : 256));
  const lists = [1, 2, 3].map((seed) => sizes.map((size, i) => random([size], 1000 * seed + i)));
  const [parameters, gradients, momenta] = lists as [tf.Tensor[], tf.Tensor[], tf.Tensor[]];
  const rate = 0.1;
  const momentum = 0.9;
  const options = { rates: sizes.map(() => rate), weightDecays: sizes.map(() => 0), momentum };
  return {
    name: `sgdUpdate of ${sizes.length} parameters`,
    // Parameters, gradients and momenta read, parameters and momenta written.
    work: traffic(
      sizes.reduce((a, b) => a + b, 0),
      5,
    ),
    own: () => sgdUpdate(parameters, gradients, momenta, options).parameters.at(-1)!,
    plain: () =>
      parameters
        .map((parameter, i) => {
          const step = tf.add(tf.mul(momenta[i]!, momentum), gradients[i]!);
          return tf.sub(parameter, tf.mul(step, rate));
        })
        .at(-1)!,
  };
}

function convolutionDuel(scale: number): Duel {
  const side = Math.ceil(100 * scale);
  const x = random([1, side, side, 128], 1) as tf.Tensor4D;
  const filter = random([3, 3, 128, 128], 2) as tf.Tensor4D;
  const bias = random([128], 3) as tf.Tensor1D;
  const packed = packConv2dFilter(filter);
  const { flops, bytes } = convolutionWork(x.shape, 3, 128, false);
  return {
    // The residual is read too.
    work: { flops, bytes: bytes + 4 * x.size },
    name: `fusedConv2d with bias, residual, ReLU ${x.shape.join('x')}`,
    own: () => fusedConv2d(x, packed, { bias, residual: x, activation: 'relu' }),
    plain: () => tf.relu(tf.add(tf.add(tf.conv2d(x, filter, 1, 'same'), bias), x)),
  };
}

/** Enlarged, where TensorFlow's resizing and ours have the same rule. */
function pictureDuel(scale: number): Duel {
  const [height, width] = [Math.ceil(400 * scale), Math.ceil(660 * scale)];
  const data = Uint8Array.from({ length: 3 * height * width }, (_, i) => (i * 37) % 251);
  const size: [number, number] = [2 * height, 2 * width];
  return {
    work: { flops: 0, bytes: data.length + 4 * 4 * data.length },
    name: `resizeNormalize of a picture to ${size.join('x')}`,
    own: () => resizeNormalize([{ data, height, width }], { size }),
    plain: () =>
      tf.image.resizeBilinear(tf.tensor4d(Float32Array.from(data), [1, height, width, 3]), size, false, true),
  };
}
