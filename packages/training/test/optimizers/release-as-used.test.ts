import { describeBackends } from '@icconv/test-utils';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { lossGradients } from '../../src';
import { activate } from '../support/activate';

const LAYERS = 12;
const SIZE = 4096;

/** Layers whose gradients need their inputs; `look` is called when the backward pass has come to the first of them. */
function loss(x: tf.Tensor, factor: tf.Tensor, look: () => void): tf.Scalar {
  const watched = tf.customGrad((input) => ({
    value: tf.clone(input as tf.Tensor),
    gradFunc: (dy: tf.Tensor) => {
      look();
      // The very tensor that came.
      return dy;
    },
  }));
  let y = watched(tf.mul(x, factor));
  for (let i = 0; i < LAYERS; i++) y = tf.mul(tf.sigmoid(y), factor);
  // A sum of three, two of them the same tensor.
  return tf.sum(tf.add(tf.add(y, y), watched(y)));
}

describeBackends(
  'a backward pass',
  activate,
  () => {
    test('gives back what it has used, and computes the same', async () => {
      const x = tf.linspace(-1, 1, SIZE);
      const factor = tf.scalar(1.5);
      const before = tf.memory();
      let kept = 0;
      const look = () => {
        kept = tf.memory().numBytes;
      };
      const expected = tf.grads((a, b) => loss(a, b, look))([x, factor]);
      const all = kept - before.numBytes;
      const { gradients } = lossGradients(
        { x, factor },
        () => true,
        (own) => ({
          losses: { loss: loss(own.x!, own.factor!, look) },
        }),
      );
      // Two activations a layer, and as many gradients of activations.
      expect(all).toBeGreaterThan(4 * LAYERS * SIZE);
      expect(kept - before.numBytes).toBeLessThan(all / 4);
      expect([...(await gradients.x!.data())]).toEqual([...(await expected[0]!.data())]);
      expect(await gradients.factor!.data()).toEqual(await expected[1]!.data());
      tf.dispose([expected, { ...gradients }]);
      expect(tf.memory().numTensors).toBe(before.numTensors);
      tf.dispose([x, factor]);
    });
  },
  ['native'],
);
