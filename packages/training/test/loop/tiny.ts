/** A small task that trains in milliseconds: classify noisy pictures by their brighter half. */
import { createHash } from 'node:crypto';
import { batchNorm } from '@icconv/tensor-ops';
import * as tf from '@tensorflow/tfjs-core';
import { adamW, cosine, ema, lossGradients, type StateDict, seededRandom, withWarmUp } from '../../src';
import {
  type Batch,
  createLoader,
  type LoaderOptions,
  type Sample,
  type StepContext,
  type TrainOptions,
} from '../../src/node';

export interface Halves extends Sample {
  readonly label: number;
}
const COUNT = 10;

const source = {
  length: COUNT,
  get(index: number): Halves {
    const random = seededRandom('halves', index);
    const label = index % 2;
    const data = Uint8Array.from({ length: 8 * 8 * 3 }, (_, i) => {
      const right = Math.floor(i / 3) % 8 >= 4 ? 1 : 0;
      return random.below(100) + (right === label ? 100 : 0);
    });
    return { image: { data, width: 8, height: 8 }, name: `half ${index}`, objects: [], label };
  },
};

export function initialWeights(): StateDict {
  const random = seededRandom('weights');
  const normal = (shape: number[], scale: number) =>
    tf.tensor(
      Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => random.normal() * scale),
      shape,
    );
  return {
    'conv.weight': normal([3, 3, 3, 4], 0.2),
    'conv.bias': tf.zeros([4]),
    'norm.running_mean': tf.zeros([4]),
    'fc.weight': normal([4 * 64, 2], 0.1),
    'fc.bias': tf.zeros([2]),
  };
}

/** As `step`, its maps normalised by the batch. */
export function normStep(weights: Readonly<StateDict>, batch: Batch<Halves>) {
  const trainable = (name: string) => !name.includes('running');
  return lossGradients(weights, trainable, (own) => {
    const maps = tf.conv2d(batch.images, own['conv.weight'] as tf.Tensor4D, 1, 'same');
    const bias = own['conv.bias'] as tf.Tensor1D;
    const { y, mean } = batchNorm(maps, tf.add(bias, 1) as tf.Tensor1D, bias, { relu: true });
    const flat = tf.reshape(y, [batch.images.shape[0], -1]) as tf.Tensor2D;
    const scores = tf.add(tf.matMul(flat, own['fc.weight'] as tf.Tensor2D), own['fc.bias']!);
    const labels = tf.oneHot(
      batch.samples.map(({ sample }) => sample.label),
      2,
    );
    const loss = tf.neg(tf.mean(tf.sum(tf.mul(tf.logSoftmax(scores), labels), 1))) as tf.Scalar;
    return { losses: { classes: loss }, statistics: { 'norm.running_mean': tf.clone(mean) } };
  });
}

function logits(weights: Readonly<StateDict>, x: tf.Tensor4D) {
  const maps = tf.add(tf.conv2d(x, weights['conv.weight'] as tf.Tensor4D, 1, 'same'), weights['conv.bias']!);
  const mean = tf.mean(maps, [0, 1, 2]);
  const active = tf.relu(tf.sub(maps, weights['norm.running_mean']!));
  const flat = tf.reshape(active, [x.shape[0], -1]) as tf.Tensor2D;
  const y = tf.add(tf.matMul(flat, weights['fc.weight'] as tf.Tensor2D), weights['fc.bias']!) as tf.Tensor2D;
  return { y, mean };
}

export function step(weights: Readonly<StateDict>, batch: Batch<Halves>, { random }: StepContext) {
  // Chance within the step, as samplers and dropout have.
  const noise = tf.tensor(Float32Array.from({ length: 4 }, () => 0.1 * random.normal()));
  const trainable = (name: string) => !name.includes('running');
  const result = lossGradients(weights, trainable, (own) => {
    const { y, mean } = logits({ ...own, 'conv.bias': tf.add(own['conv.bias']!, noise) }, batch.images);
    const labels = tf.oneHot(
      tf.tensor1d(
        batch.samples.map(({ sample }) => sample.label),
        'int32',
      ),
      2,
    );
    const loss = tf.neg(tf.mean(tf.sum(tf.mul(tf.logSoftmax(y), labels), 1))) as tf.Scalar;
    const decay = tf.mul(tf.sum(tf.square(own['fc.weight']!)), 1e-3) as tf.Scalar;
    const old = own['norm.running_mean']!;
    return {
      losses: { classes: loss, size: decay },
      statistics: { 'norm.running_mean': tf.add(tf.mul(old, 0.9), tf.mul(mean, 0.1)) },
    };
  });
  noise.dispose();
  return result;
}

export async function accuracy(weights: Readonly<StateDict>) {
  let right = 0;
  for (let i = 0; i < COUNT; i++) {
    const { image, label } = source.get(i);
    right += tf.tidy(() => {
      const { data } = image as { data: Uint8Array };
      const x = tf.div(tf.tensor4d(Float32Array.from(data), [1, 8, 8, 3]), 255) as tf.Tensor4D;
      return tf.argMax(logits(weights, x).y, 1).dataSync()[0] === label ? 1 : 0;
    });
  }
  return { accuracy: right / COUNT };
}

/** Everything that a run has: its own loader, optimizer and weights. */
export function makeRun(
  options: Partial<TrainOptions<Batch<Halves>>> = {},
  loading: Partial<LoaderOptions<Halves>> = {},
) {
  const loader = createLoader<Halves>({
    source,
    batchSize: 3,
    ...loading,
    seed: 1,
    workers: 0,
    augment: { colour: { brightness: 0.2 }, affine: { translate: 0.1 } },
    pixels: { std: [255, 255, 255] },
  });
  const weights = initialWeights();
  const averages = ema({ decay: 0.9 });
  const optimizer = adamW();
  const run: TrainOptions<Batch<Halves>> = {
    weights,
    loader,
    step,
    optimizer,
    schedule: withWarmUp(cosine(0.01, { steps: 24 }), { steps: 4 }),
    epochs: 6,
    ema: averages,
    clipNorm: 1,
    evaluate: accuracy,
    best: { metric: 'accuracy' },
    progress: false,
    handleInterrupt: false,
    ...options,
  };
  const dispose = async () => {
    tf.dispose(weights);
    optimizer.dispose();
    averages.dispose();
    await loader.close();
  };
  return { run, weights, averages, optimizer, dispose };
}

/** A fingerprint of all bits. */
export function fingerprint(...dicts: Readonly<StateDict>[]): string {
  const hash = createHash('sha256');
  for (const dict of dicts) {
    for (const name of Object.keys(dict).sort()) {
      hash.update(name);
      hash.update(new Uint8Array(dict[name]!.dataSync<'float32'>().slice().buffer));
    }
  }
  return hash.digest('hex');
}
