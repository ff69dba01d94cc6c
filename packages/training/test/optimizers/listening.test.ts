import { describeBackends } from '@icconv/test-utils';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { lossGradients } from '../../src';
import { listeningTo } from '../../src/optimizers/gradients';
import { activate } from '../support/activate';

describeBackends(
  'a listener to gradients',
  activate,
  () => {
    test('is told each once, the last layer’s first, and changes nothing', async () => {
      const before = tf.memory().numTensors;
      const weights = { first: tf.tensor([2, 3]), shared: tf.scalar(5), frozen: tf.scalar(7), last: tf.scalar(11) };
      const compute = () =>
        lossGradients(
          weights,
          (name) => name !== 'frozen',
          (own) => {
            // In a scope of its own, as layers have: what is asked for there first must outlive it.
            const a = tf.tidy(() => tf.mul(own.first!, own.shared!));
            const b = tf.mul(tf.mul(a, own.frozen!), own.shared!);
            return { losses: { loss: tf.sum(tf.mul(b, own.last!)) as tf.Scalar } };
          },
        );
      const plain = compute();
      const told: [string, number[]][] = [];
      const heard = await listeningTo(
        weights,
        (name, gradient) => told.push([name, [...gradient.dataSync()]]),
        compute,
      );
      expect(told).toEqual([
        ['last', [875]],
        ['shared', [2 * 5 * 5 * 7 * 11]],
        ['first', [1925, 1925]],
      ]);
      for (const [name, values] of told) {
        expect([...plain.gradients[name]!.dataSync()]).toEqual(values);
        expect([...heard.gradients[name]!.dataSync()]).toEqual(values);
      }
      expect(heard.losses).toEqual(plain.losses);
      const after = compute();
      expect(told).toHaveLength(3);
      tf.dispose([plain, heard, after].map(({ gradients }) => ({ ...gradients })));
      tf.dispose(weights);
      expect(tf.memory().numTensors).toBe(before);
    });
  },
  ['native'],
);
