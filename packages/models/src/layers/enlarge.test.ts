import { describeBackends } from '@icconv/test-utils';
import { hashed } from '@icconv/test-utils/values';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { activate } from '../../test/support/activate';
import { enlarge } from './enlarge';

describeBackends('enlarge', activate, () => {
  test.each<[string, number[], [number, number]]>([
    ['twice', [2, 3, 4, 2], [6, 8]],
    ['to odd sizes', [2, 4, 3, 2], [7, 5]],
    ['one axis only', [1, 1, 3, 2], [1, 6]],
    ['not at all', [1, 2, 3, 2], [2, 3]],
  ])('%s takes the nearest pixel, and its gradient sums up', async (_, shape, size) => {
    const [batch, height, width, channels] = shape as [number, number, number, number];
    const outShape = [batch, ...size, channels];
    const x = hashed(
      'x',
      shape.reduce((a, b) => a * b),
    );
    const dy = hashed(
      'dy',
      outShape.reduce((a, b) => a * b),
    );
    const expectedY = new Float32Array(dy.length);
    const expectedDx = new Float32Array(x.length);
    for (let i = 0; i < dy.length; i++) {
      const c = i % channels;
      const ow = Math.floor(i / channels) % size[1];
      const oh = Math.floor(i / channels / size[1]) % size[0];
      const n = Math.floor(i / channels / size[1] / size[0]);
      const [h, w] = [Math.floor((oh * height) / size[0]), Math.floor((ow * width) / size[1])];
      const from = ((n * height + h) * width + w) * channels + c;
      expectedY[i] = x[from]!;
      expectedDx[from]! += dy[i]!;
    }
    const [y, dx] = tf.tidy(() => {
      const input = tf.tensor4d(x, shape as [number, number, number, number]);
      const gradient = tf.grad((value) => enlarge(value as tf.Tensor4D, size))(input, tf.tensor(dy, outShape));
      return [enlarge(input, size), gradient];
    });
    expect(y!.shape).toEqual(outShape);
    expect([...(await y!.data())]).toEqual([...expectedY]);
    (await dx!.data()).forEach((value, i) => void expect(value).toBeCloseTo(expectedDx[i]!, 5));
    tf.dispose([y, dx]);
  });
});
