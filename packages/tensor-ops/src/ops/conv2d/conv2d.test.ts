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
import { InvalidArgumentError, ShapeMismatchError, UnsupportedBackendError } from '../../errors';
import { convOutputSize, type Pair } from '../../kernel/geometry';
import { type Conv2dOptions, conv2d } from './conv2d';

const pair = (min: number, max: number) => fc.tuple(fc.integer({ min, max }), fc.integer({ min, max }));
const convolutions = fc.record({
  batch: fc.integer({ min: 1, max: 3 }),
  map: pair(1, 11),
  kernel: pair(1, 4),
  strides: pair(1, 3),
  pad: pair(0, 3),
  dilations: pair(1, 4),
  // Padding that keeps the map's size takes a path of its own on the native backend.
  same: fc.boolean(),
  groups: fc.integer({ min: 1, max: 3 }),
  inputs: fc.integer({ min: 1, max: 3 }),
  outputs: fc.integer({ min: 1, max: 4 }),
  bias: fc.boolean(),
  relu: fc.boolean(),
  seed: fc.nat(1000),
});

describeBackends('conv2d', activate, (backend) => {
  test('equals it too on maps that the native kernels give to Winograd', async () => {
    const [height, width, channels, outChannels] = [25, 26, 16, 20];
    const naive: NaiveConv = {
      ...{ batch: 1, height, width, channels, outChannels, kernel: [3, 3], strides: [1, 1], groups: 1 },
      ...{ out: [height, width], pad: () => [1, 1], dilations: () => [1, 1] },
    };
    const x = { shape: [1, height, width, channels], values: hashed('x', height * width * channels) };
    const filter = { shape: [3, 3, channels, outChannels], values: hashed('filter', 9 * channels * outChannels) };
    const dy = hashed('dy', height * width * outChannels);
    const got = await runConv((x, filter) => conv2d(x, filter, { pad: 1 }), x, filter, dy, undefined);
    expect(maxRelativeError(got.y, naiveForward(naive, x.values, filter.values))).toBeLessThan(3e-5);
    expect(maxRelativeError(got.dx, naiveGradInput(naive, dy, filter.values))).toBeLessThan(1e-4);
    expect(maxRelativeError(got.dfilter, naiveGradFilter(naive, x.values, dy))).toBeLessThan(1e-4);
  });

  test('equals its definition in float64, with all gradients', async () => {
    await fc.assert(
      fc.asyncProperty(convolutions, async (drawn) => {
        const c = drawn.same ? { ...drawn, kernel: [3, 3] as const, pad: drawn.dilations } : drawn;
        const out = convOutputSize(c.map, c.kernel, c);
        fc.pre(out[0] >= 1 && out[1] >= 1);
        const channels = c.groups * c.inputs;
        const outChannels = c.groups * c.outputs;
        const x = {
          shape: [c.batch, ...c.map, channels],
          values: hashed(c.seed, c.batch * c.map[0] * c.map[1] * channels),
        };
        const filterSize = c.kernel[0] * c.kernel[1] * c.inputs * outChannels;
        const filter = { shape: [...c.kernel, c.inputs, outChannels], values: hashed(c.seed + 1, filterSize) };
        const dy = hashed(c.seed + 2, c.batch * out[0] * out[1] * outChannels);
        const bias = c.bias ? hashed(c.seed + 3, outChannels) : undefined;
        const activation = c.relu ? 'relu' : 'linear';
        const { strides, pad, dilations, groups } = c;
        const got = await runConv(
          (x, filter, bias) =>
            conv2d(x, filter, { strides, pad, dilations, groups, activation, ...(bias === undefined ? {} : { bias }) }),
          x,
          filter,
          dy,
          bias,
        );
        const naive: NaiveConv = {
          ...{ batch: c.batch, height: c.map[0], width: c.map[1], channels, outChannels },
          ...{ kernel: c.kernel, strides, groups, out, pad: () => pad, dilations: () => dilations },
        };
        const linear = naiveForward(naive, x.values, filter.values).map((v, i) => v + (bias?.[i % outChannels] ?? 0));
        // A sum that float32 rounds to the other side of zero would switch the whole gradient of its pixel.
        fc.pre(!c.relu || linear.every((v) => v === 0 || Math.abs(v) > 1e-4));
        const inner = dy.map((v, i) => (c.relu && !(linear[i]! > 0) ? 0 : v));
        expect(got.shape).toEqual([c.batch, ...out, outChannels]);
        const expected = c.relu ? linear.map((v) => Math.max(0, v)) : linear;
        expect(maxRelativeError(got.y, expected)).toBeLessThan(1e-5);
        expect(maxRelativeError(got.dx, naiveGradInput(naive, inner, filter.values))).toBeLessThan(1e-4);
        expect(maxRelativeError(got.dfilter, naiveGradFilter(naive, x.values, inner))).toBeLessThan(1e-4);
        if (got.dbias) expect(maxRelativeError(got.dbias, naiveGradBias(naive, inner))).toBeLessThan(1e-4);
      }),
      { numRuns: backend === 'js' ? 30 : 60 },
    );
  });

  test('strides that differ, on a map as high as two rows', () => {
    const [x, filter] = [
      tf.tensor4d([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12], [2, 2, 3, 1]),
      tf.tensor4d([5, 7], [1, 2, 1, 1]),
    ];
    const y = conv2d(x, filter, { strides: [1, 2] });
    expect([...y.dataSync()]).toEqual([19, 55, 91, 127]);
    tf.dispose([x, filter, y]);
  });

  test('an empty batch gives an empty result and zero gradients', async () => {
    const got = await runConv(
      (x, filter, bias) => conv2d(x, filter, { pad: 1, strides: 2, bias: bias! }),
      { shape: [0, 5, 5, 2], values: new Float32Array() },
      { shape: [3, 3, 2, 4], values: hashed(1, 72) },
      new Float32Array(),
      hashed(2, 4),
    );
    expect(got.shape).toEqual([0, 3, 3, 4]);
    expect(got.dx).toHaveLength(0);
    expect(got.dfilter).toEqual(new Float32Array(72));
    expect(got.dbias).toEqual(new Float32Array(4));
  });
});

describe('conv2d refuses', () => {
  const attempt = (options: Conv2dOptions, x: number[] = [1, 5, 5, 4], filter: number[] = [3, 3, 4, 6]) =>
    tf.tidy(() =>
      conv2d(
        tf.zeros(x as [number, number, number, number]),
        tf.zeros(filter as [number, number, number, number]),
        options,
      ),
    );
  const refused = async (options: object, message: string, x?: number[], filter?: number[]) => {
    await activate('js');
    expect(() => attempt(options as Conv2dOptions, x, filter)).toThrowError(message);
  };

  test.each([
    [{ strides: 0 }, 'strides must be a positive whole number'],
    [
      { strides: [1, 1.5] },
      'strides must be a positive whole number or a pair [height, width] of them, received [1, 1.5]',
    ],
    [{ pad: -1 }, 'pad must be a whole number of at least 0'],
    [{ dilations: [1, Number.NaN] }, 'dilations must be a positive whole number'],
    [{ groups: 3 }, 'groups must be a divisor of 4 input and 6 output channels, received 3'],
    [{ groups: 0 }, 'groups must be a whole number of at least 1'],
    [{ groups: 2 }, 'filter must have shape [3, 3, 2, 6] for x with 4 channels in 2 groups, received [3, 3, 4, 6]'],
    [{ activation: 'gelu' }, 'activation must be "linear" or "relu", received "gelu"'],
    [{ dilations: 3 }, 'x must have shape a padded map of at least the dilated kernel of 3x3'],
  ])('%j', async (options, message) => refused(options, message));

  test('wrong ranks, lengths and dtypes', async () => {
    await refused({}, 'x must have shape [N, H, W, C] with positive whole lengths, received [5, 5, 4]', [5, 5, 4]);
    await refused({}, 'filter must have shape [3, 3, 5, 6] for x with 5 channels', [1, 5, 5, 5]);
    await refused({}, 'x must have shape', [1, 0, 5, 4]);
    const int = tf.zeros<tf.Rank.R4>([1, 5, 5, 4], 'int32');
    const filter = tf.zeros<tf.Rank.R4>([3, 3, 4, 6]);
    const bias = tf.zeros<tf.Rank.R1>([5]);
    const x = tf.zeros<tf.Rank.R4>([1, 5, 5, 4]);
    expect(() => conv2d(int, filter)).toThrowError('conv2d: x.dtype must be float32, received "int32"');
    expect(() => conv2d(x, filter, { bias })).toThrowError('conv2d: bias must have shape [6], received [5]');
    expect(() => conv2d([1] as unknown as tf.Tensor4D, filter)).toThrowError(InvalidArgumentError);
    expect(() => conv2d(x, x)).toThrowError(ShapeMismatchError);
    tf.dispose([int, filter, bias, x]);
  });

  test('a backend that has no kernel', async () => {
    await activate('js');
    tf.copyRegisteredKernels('cpu', 'somewhere');
    tf.unregisterKernel('PaddedConv2D', 'somewhere');
    tf.registerBackend('somewhere', () => tf.findBackendFactory('cpu')() as tf.KernelBackend);
    await tf.setBackend('somewhere');
    expect(() => attempt({})).toThrowError(UnsupportedBackendError);
    await tf.setBackend('cpu');
    tf.removeBackend('somewhere');
  });
});

test("output size is PyTorch's", () => {
  const size = (input: Pair, kernel: number, stride: number, pad: number, dilation = 1) =>
    convOutputSize(input, [kernel, kernel], {
      strides: [stride, stride],
      pad: [pad, pad],
      dilations: [dilation, dilation],
      groups: 1,
    });
  expect(size([224, 224], 7, 2, 3)).toEqual([112, 112]);
  expect(size([113, 57], 3, 2, 1)).toEqual([57, 29]);
  expect(size([20, 20], 3, 1, 4, 4)).toEqual([20, 20]);
});
