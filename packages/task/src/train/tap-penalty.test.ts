import { superConfig } from '@icconv/edo';
import { describeBackends } from '@icconv/test-utils';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { activate } from '../../test/support/activate';
import type { TaskModel } from '../contract/network-task';
import type { Task } from '../contract/task';
import { penalisedKernels, penaliseTaps } from './tap-penalty';

const backbone = { block: 'basic', blocks: [1, 1, 1, 1], width: 2 } as const;
const task = { weights: { backbonePrefix: 'backbone.body.' } } as Task;
const recipe = { epochs: 1, batchSize: 1, learningRate: 0.1, tapPenalty: 0.5 };

describeBackends('a penalty on taps', activate, () => {
  test('draws each tap of an output channel towards nothing, all alike', () => {
    const [kernel, gradient] = [tf.randomNormal([5, 5, 3, 4]), tf.randomNormal([5, 5, 3, 4])];
    const other = tf.ones([2]);
    const own = tf.clone(gradient);
    const result = penaliseTaps({ kernel: own, other }, { kernel, other, frozen: other }, ['kernel', 'frozen'], 0.5);
    expect(own.isDisposed).toBe(true);
    expect(result.other).toBe(other);
    expect(Object.keys(result)).toEqual(['kernel', 'other']);
    // What was added is the norm's gradient: a unit vector for each tap and channel, along the tap.
    tf.tidy(() => {
      const drawn = tf.sub(result.kernel!, gradient);
      const lengths = tf.norm(drawn, 'euclidean', 2).dataSync();
      const along = tf.sum(tf.mul(drawn, kernel), 2).dataSync();
      const norms = tf.norm(kernel, 'euclidean', 2).dataSync();
      for (const [i, length] of lengths.entries()) {
        expect(length).toBeCloseTo(0.5, 4);
        expect(along[i]).toBeCloseTo(0.5 * norms[i]!, 4);
      }
    });
    tf.dispose([kernel, gradient, result]);
  });
});

test('is of super-kernels', () => {
  const model = (conv: object) => ({ config: { backbone: { ...backbone, ...conv } } }) as TaskModel;
  const wide = model(superConfig(backbone, { maxDilation: 2 }));
  expect(penalisedKernels(task, wide, recipe)).toContain('backbone.body.layer1.0.conv2.weight');
  expect(penalisedKernels(task, wide, { ...recipe, tapPenalty: undefined } as never)).toEqual([]);
  expect(() => penalisedKernels(task, model({}), recipe)).toThrow(
    /recipe\.tapPenalty.* left out, or a network with super-kernels/,
  );
});
