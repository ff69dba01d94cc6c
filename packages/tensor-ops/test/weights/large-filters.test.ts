/** Filters of many weights, whose order of dimensions TensorFlow changes where it is the backend. */
import { describeBackends } from '@icconv/test-utils';
import { hashed } from '@icconv/test-utils/values';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { loadStateDict, writeSafetensors } from '../../src/weights';
import { activate } from '../support/activate';
import { temporaryFolder } from './helpers';

const SHAPES = {
  'conv.weight': [40, 24, 5, 5],
  'thin.weight': [192, 160, 1, 1],
  'fc.weight': [120, 300],
  'depth.weight': [12, 16, 3, 6, 6],
  'few.weight': [3, 2, 3, 3],
} as const;
const folder = temporaryFolder();

describeBackends('loading a state dict', activate, (backend) => {
  test('large filters are in TensorFlow’s order, and nothing else is kept', async () => {
    const stored = Object.entries(SHAPES).map(([name, shape]) => {
      const data = hashed(
        name,
        shape.reduce((a: number, b) => a * b, 1),
      );
      const read = async () => new Uint8Array(data.buffer);
      return { name, dtype: 'float32' as const, shape, data, read };
    });
    const path = folder.file(`${backend}.safetensors`);
    await writeSafetensors(path, stored);
    const before = tf.memory().numTensors;
    const weights = await loadStateDict(path);
    expect(tf.memory().numTensors - before).toBe(stored.length);
    for (const { name, shape, data } of stored) {
      const [rows = 1, columns = 1, ...kernel] = shape as readonly number[];
      const area = kernel.reduce((a, b) => a * b, 1);
      const found = weights[name]!;
      expect(found.shape).toEqual([...kernel, columns, rows]);
      // Element (r, c, k) of the file is element (k, c, r) here.
      const expected = new Float32Array(data.length);
      for (let i = 0; i < data.length; i++) {
        const k = i % area;
        const c = Math.floor(i / area) % columns;
        expected[(k * columns + c) * rows + Math.floor(i / (area * columns))] = data[i]!;
      }
      expect(await found.data(), name).toEqual(expected);
    }
    tf.dispose(weights);
  });
});
