/** What `pnpm bench cuda` compares is the same on both sides; only its speed waits for a GPU. */
import { describeBackends, maxRelativeError } from '@icconv/test-utils';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { duels } from '../../bench/cuda-duels';
import { activate } from '../support/activate';

describeBackends(
  'duels of the GPU benchmark',
  activate,
  () => {
    test('both sides agree', () => {
      tf.tidy(() => {
        for (const { name, own, plain } of duels(0.05)) {
          const [first, second] = [own(), plain()];
          expect(first.shape, name).toEqual(second.shape);
          expect(maxRelativeError(first.dataSync(), second.dataSync()), name).toBeLessThan(1e-4);
        }
      });
    });
  },
  ['native'],
);
