/** Nothing here imports a package that registers gradients. */
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { lossGradients, MissingGradientsError } from '../../src';

test('a backend without gradients is named, with the remedy', () => {
  const step = () =>
    lossGradients(
      {},
      () => true,
      () => ({ losses: { one: tf.scalar(1) } }),
    );
  expect(step).toThrow(MissingGradientsError);
  expect(step).toThrow(/useEngine\(\)/);
});
