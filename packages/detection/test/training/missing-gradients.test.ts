import { MissingGradientsError } from '@icconv/training';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { detectionStep, fasterRcnnConfig, seededDraw } from '../../src';

// Other files of this process may have registered gradients.
const known = tf.getGradient('AddN');
beforeEach(() => known && tf.unregisterGradient('AddN'));
afterEach(() => known && tf.registerGradient(known));

test('a step on a backend without gradients says so before it computes anything', () => {
  const step = () =>
    detectionStep(
      {},
      { images: undefined as unknown as tf.Tensor4D, sizes: [], truths: [] },
      fasterRcnnConfig({ backbone: { depth: 18 }, classes: 1 }),
      { draw: seededDraw(() => 0), trainable: () => true },
    );
  expect(step).toThrow(MissingGradientsError);
});
