import { describeBackends } from '@icconv/test-utils';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test, vi } from 'vitest';
import { conv2d, inceptionConv2d, maxPool2d, roiAlign } from '../../src/index';
import type { NativeAttr, NativeBackend } from '../../src/kernel/native-backend';
import { activate } from '../support/activate';

// TensorFlow keeps a kernel for every set of attribute values it has seen, and training sees pictures of many sizes.
describeBackends(
  'attributes',
  activate,
  () => {
    test('do not depend on the size of a map, in values and gradients', () => {
      const spy = vi.spyOn(tf.backend() as NativeBackend, 'executeSingleOutput');
      const filter = tf.ones<tf.Rank.R4>([3, 3, 2, 2]);
      const rois = tf.tensor2d([[0, 1, 1, 4, 4]]);
      const functions: Record<string, (x: tf.Tensor4D) => tf.Tensor> = {
        conv2d: (x) => conv2d(x, filter, { pad: 2, dilations: 2 }),
        inceptionConv2d: (x) => {
          const dilations = [
            [1, 2],
            [2, 1],
          ] as const;
          return inceptionConv2d(x, filter, { dilations });
        },
        maxPool2d: (x) => maxPool2d(x, { size: 3, strides: 2, pad: 1 }),
        roiAlign: (x) => roiAlign(x, rois, { outputSize: [2, 2], spatialScale: 1, samplingRatio: 2, aligned: true }),
      };
      for (const [name, f] of Object.entries(functions)) {
        const seen = new Map<string, Set<string>>();
        for (const size of [6, 9]) {
          spy.mockClear();
          tf.tidy(() =>
            tf
              .grad((x) => tf.sum(f(x as tf.Tensor4D)))(tf.ones([1, size, size + 1, 2]))
              .dataSync(),
          );
          for (const [op, attrs] of spy.mock.calls as [string, NativeAttr[], unknown][]) {
            seen.set(op, (seen.get(op) ?? new Set()).add(JSON.stringify(attrs)));
          }
        }
        expect(seen.size, name).toBeGreaterThan(1);
        for (const [op, attrs] of seen) expect([...attrs], `${op} of ${name}`).toHaveLength(1);
      }
      spy.mockRestore();
      tf.dispose([filter, rois]);
    });
  },
  ['native'],
);
