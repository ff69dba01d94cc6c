import { describeBackends, maxRelativeError } from '@icconv/test-utils';
import { hashed } from '@icconv/test-utils/values';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { activate } from '../../../test/support/activate';
import {
  type NaiveConv,
  naiveForward,
  naiveGradBias,
  naiveGradFilter,
  naiveGradInput,
} from '../../../test/support/naive-conv';
import { runConv } from '../../../test/support/run-conv';
import { convTranspose2d } from './conv-transpose2d';

const pair = (min: number, max: number) => fc.tuple(fc.integer({ min, max }), fc.integer({ min, max }));
const cases = fc.record({
  batch: fc.integer({ min: 1, max: 2 }),
  map: pair(1, 6),
  kernel: pair(1, 4),
  strides: pair(1, 3),
  pad: pair(0, 2),
  extra: pair(0, 2),
  groups: fc.integer({ min: 1, max: 2 }),
  inputs: fc.integer({ min: 1, max: 3 }),
  outputs: fc.integer({ min: 1, max: 3 }),
  relu: fc.boolean(),
  seed: fc.nat(1000),
});

describeBackends('convTranspose2d', activate, (backend) => {
  test('is the gradient of the convolution, and so are its gradients', async () => {
    await fc.assert(
      fc.asyncProperty(cases, async (c) => {
        const { batch, map, kernel, strides, pad, groups } = c;
        const extra = [Math.min(c.extra[0], strides[0] - 1), Math.min(c.extra[1], strides[1] - 1)] as const;
        const size = (axis: 0 | 1) => (map[axis] - 1) * strides[axis] - 2 * pad[axis] + kernel[axis] + extra[axis];
        const out = [size(0), size(1)] as const;
        fc.pre(out[0] >= 1 && out[1] >= 1);
        const channels = groups * c.inputs;
        const outChannels = groups * c.outputs;
        // The convolution whose gradient this is runs the other way: from the large map to the small one.
        const conv: NaiveConv = {
          ...{ batch, height: out[0], width: out[1], channels: outChannels, outChannels: channels },
          ...{ kernel, strides, groups, out: map, pad: () => pad, dilations: () => [1, 1] as const },
        };
        const x = { shape: [batch, ...map, channels], values: hashed(c.seed, batch * map[0] * map[1] * channels) };
        const filter = {
          shape: [...kernel, c.outputs, channels],
          values: hashed(c.seed + 1, kernel[0] * kernel[1] * c.outputs * channels),
        };
        const dy = hashed(c.seed + 2, batch * out[0] * out[1] * outChannels);
        const bias = hashed(c.seed + 3, outChannels);
        const got = await runConv(
          (x, filter, bias) =>
            convTranspose2d(x, filter, {
              ...{ strides, pad, groups, outputPadding: extra, bias: bias! },
              activation: c.relu ? 'relu' : 'linear',
            }),
          x,
          filter,
          dy,
          bias,
        );
        const linear = naiveGradInput(conv, x.values, filter.values).map((v, i) => v + bias[i % outChannels]!);
        fc.pre(!c.relu || linear.every((v) => Math.abs(v) > 1e-4));
        const inner = dy.map((v, i) => (c.relu && !(linear[i]! > 0) ? 0 : v));
        expect(got.shape).toEqual([batch, ...out, outChannels]);
        const expected = c.relu ? linear.map((v) => Math.max(0, v)) : linear;
        expect(maxRelativeError(got.y, expected)).toBeLessThan(1e-5);
        expect(maxRelativeError(got.dx, naiveForward(conv, inner, filter.values))).toBeLessThan(1e-4);
        expect(maxRelativeError(got.dfilter, naiveGradFilter(conv, inner, x.values))).toBeLessThan(1e-4);
        expect(maxRelativeError(got.dbias!, naiveGradBias({ ...conv, outChannels }, inner))).toBeLessThan(1e-4);
      }),
      { numRuns: backend === 'js' ? 20 : 40 },
    );
  });

  test('kernel 4, stride 2, pad 1 doubles a map', async () => {
    const y = tf.tidy(() => convTranspose2d(tf.ones([1, 2, 1, 1]), tf.ones([4, 4, 1, 1]), { strides: 2, pad: 1 }));
    expect(y.shape).toEqual([1, 4, 2, 1]);
    // One of two input pixels reaches the border rows, both reach the rows between.
    expect([...(await y.data())]).toEqual([1, 1, 2, 2, 2, 2, 1, 1]);
    y.dispose();
  });
});

describe('convTranspose2d refuses', () => {
  test.each([
    [{ outputPadding: 1 }, [3, 3, 6, 4], 'outputPadding must be smaller than the strides 1x1, received 1'],
    [{ groups: 3 }, [3, 3, 6, 4], 'groups must be a positive divisor of 4 input channels'],
    [{}, [3, 3, 4, 6], 'filter must have shape [3, 3, 4, 4] for x with 4 channels, received [3, 3, 4, 6]'],
    [{ pad: 9 }, [3, 3, 6, 4], 'pad must be smaller: nothing is left of the result'],
  ])('%j', async (options, filter, message) => {
    await activate('js');
    const run = () =>
      tf.tidy(() =>
        convTranspose2d(tf.zeros([1, 5, 5, 4]), tf.zeros(filter as [number, number, number, number]), options),
      );
    expect(run).toThrowError(`convTranspose2d: ${message}`);
  });
});
