import { allDilations, superConfig, tapMask } from '@icconv/edo';
import type { Dilation } from '@icconv/inception-conv';
import { initResNet, type ResNetConfig, type StateDict } from '@icconv/models';
import type { Task } from '@icconv/task';
import { inceptionConv2d } from '@icconv/tensor-ops';
import { adam, lossGradients, seededRandom } from '@icconv/training';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { evolve } from '../sampling';
import { scratchFolder } from '../scratch-folder';
import type { TrainingBatch } from './batch';
import { cutRelaxed, mixture, relaxedTask, relaxedWeights } from './relaxed';
import { fitnessBy, sampledTask } from './sampled';
import { choicesOf, searchedLayers } from './searched';
import { widened } from './super-network';

scratchFolder('searches-');

const MAX = 2;
const wide: ResNetConfig = superConfig({ block: 'basic', blocks: [1, 1, 1, 1], width: 2 }, { maxDilation: MAX });
const WANTED: Dilation = [2, 1];

/** A task that wants each super-kernel to be all ones at the taps of one dilation, and nothing elsewhere. */
const toy = {
  weights: { backbonePrefix: '' },
  training: {
    step(weights, _, __, { trainable }) {
      return lossGradients(weights, trainable, (own) => {
        const target = tf.tensor4d(tapMask(WANTED, 2 * MAX + 1), [5, 5, 1, 1], 'float32');
        const kernels = searchedLayers(toy, wide).map(({ key }) => own[key]!);
        const parts = kernels.map((kernel) => tf.mean(tf.square(tf.sub(kernel, target))));
        return { losses: { loss: tf.addN(parts) as tf.Scalar } };
      });
    },
  },
} as Pick<Task, 'weights' | 'training'> as Task;

const batch = () =>
  ({ images: tf.zeros([4, 1, 1, 3]), sizes: [], samples: [{}, {}, {}, {}] }) as unknown as TrainingBatch;
const model = { config: { backbone: wide } };
const recipe = { epochs: 1, batchSize: 4, learningRate: 0.05 };
const start = () => initResNet(wide, { seed: 1 });

function learn(task: Task, weights: StateDict, updates: number): void {
  const optimizer = adam();
  const pictures = batch();
  for (let step = 0; step < updates; step++) {
    const random = seededRandom(step);
    const parts = { trainable: (name: string) => name.includes('conv2'), batchNorm: () => true, random, recipe };
    const { gradients } = task.training.step(weights, pictures, model, parts);
    optimizer.update(weights, gradients, { learningRate: recipe.learningRate });
    tf.dispose(gradients);
  }
  pictures.images.dispose();
  optimizer.dispose();
}

const share = (dilations: readonly Dilation[]) =>
  dilations.filter((dilation) => String(dilation) === String(WANTED)).length / dilations.length;

describe('the relaxation', () => {
  it('is the sum of the dilated convolutions, weighted by their shares', () => {
    tf.tidy(() => {
      const [inChannels, outChannels] = [2, 3];
      const layer = { name: 'a', key: 'a.weight', maxDilation: MAX, inChannels, outChannels };
      const candidates = tf.randomNormal([MAX ** 2, 9 * inChannels, outChannels], 0, 1, 'float32', 1);
      const alpha = tf.randomNormal([outChannels, MAX ** 2], 0, 1, 'float32', 2);
      const x = tf.randomNormal<tf.Rank.R4>([1, 7, 8, inChannels], 0, 1, 'float32', 3);
      const shares = tf.unstack(tf.softmax(alpha), 1);
      const parts = allDilations(MAX).map((dilation, i) => {
        const filter = tf.reshape(tf.gather(candidates, i), [3, 3, inChannels, outChannels]) as Tensor4D;
        return tf.mul(inceptionConv2d(x, filter, { dilations: Array(outChannels).fill(dilation) }), shares[i]!);
      });
      const whole = tf.conv2d(x, mixture(layer, candidates, alpha) as Tensor4D, 1, 'same');
      expect(tf.max(tf.abs(tf.sub(whole, tf.addN(parts)))).dataSync()[0]).toBeLessThan(1e-4);
    });
  });

  it('finds the dilation that a toy wants, and leaves nothing behind', () => {
    const before = tf.memory().numTensors;
    const weights = relaxedWeights(toy, wide, start(), { scale: 0.2, seed: 1 });
    learn(relaxedTask(toy, wide), weights, 150);
    const cut = cutRelaxed(toy, wide, weights);
    expect(share(cut.pattern.layers.flatMap(({ dilations }) => dilations))).toBeGreaterThan(0.9);
    expect(cut.weights['layer4.0.conv2.weight']!.shape).toEqual([3, 3, 16, 16]);
    tf.dispose([weights, cut.weights]);
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('sampling', () => {
  it('learns shared kernels, by which evolution finds the dilation that a toy wants', () => {
    const before = tf.memory().numTensors;
    const weights = start();
    learn(sampledTask(toy, wide), weights, 150);
    const pictures = batch();
    const fitness = fitnessBy(toy, model, weights, pictures, recipe);
    const choices = choicesOf(searchedLayers(toy, wide));
    const evolution = { population: 32, generations: 40, mutation: 0.05 };
    const [found, drawn] = [
      evolve(evolution, choices, seededRandom(1), fitness),
      evolve({ ...evolution, generations: 1 }, choices, seededRandom(1), fitness),
    ];
    expect(share(found)).toBeGreaterThan(0.7);
    expect(share(drawn)).toBeLessThan(0.6);
    pictures.images.dispose();
    tf.dispose(weights);
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('recipes of super-networks', () => {
  it('a kernel that grows is what it was, with nothing around it', () => {
    const small = superConfig({ block: 'basic', blocks: [1, 1, 1, 1], width: 2 }, { maxDilation: 1 });
    const weights = initResNet(small, { seed: 1 });
    const key = 'layer2.0.conv2.weight';
    const before = weights[key]!.dataSync<'float32'>();
    const grown = widened(toy, weights, model)[key]!;
    tf.tidy(() => {
      expect(grown.shape).toEqual([5, 5, 4, 4]);
      expect(tf.slice(grown, [1, 1, 0, 0], [3, 3, 4, 4]).dataSync()).toEqual(before);
      expect(tf.sum(tf.abs(grown)).dataSync()[0]).toBeCloseTo(
        before.reduce((sum, value) => sum + Math.abs(value), 0),
        3,
      );
    });
    tf.dispose(weights);
  });
});
