/** Nothing here imports a package that registers gradients. */
import { MissingGradientsError } from '@icconv/training';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { detectionStep, fasterRcnnConfig, seededDraw } from '../../src';

test('a step on a backend without gradients says so before it computes anything', () => {
  const step = () =>
    detectionStep(
      {},
      { images: undefined as unknown as Tensor4D, sizes: [], truths: [] },
      fasterRcnnConfig({ backbone: { depth: 18 }, classes: 1 }),
      { draw: seededDraw(() => 0), trainable: () => true },
    );
  expect(step).toThrow(MissingGradientsError);
});
