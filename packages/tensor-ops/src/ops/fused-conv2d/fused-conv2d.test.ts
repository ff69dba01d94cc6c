import { describeBackends, maxRelativeError } from '@icconv/test-utils';
import { hashed } from '@icconv/test-utils/values';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { activate } from '../../../test/support/activate';
import { type NaiveConv, naiveForward } from '../../../test/support/naive-conv';
import { loadedNative, useEngine } from '../../engine';
import { InvalidArgumentError, ShapeMismatchError, UnsupportedPrecisionError } from '../../errors';
import { fusedConv2d, type PackConv2dOptions, packConv2dFilter } from './fused-conv2d';

type Shape4 = [number, number, number, number];

interface Case {
  readonly x: Shape4;
  readonly filter: Shape4;
  readonly options?: PackConv2dOptions & { strides?: number; pad?: number; dilations?: number };
  readonly out: readonly [number, number];
}

const CASES: Record<string, Case> = {
  '1x1': { x: [2, 7, 5, 20], filter: [1, 1, 20, 37], out: [7, 5] },
  '1x1, stride 2': { x: [1, 7, 6, 8], filter: [1, 1, 8, 16], options: { strides: 2 }, out: [4, 3] },
  '3x3 that Winograd takes': { x: [2, 19, 18, 24], filter: [3, 3, 24, 20], out: [19, 18] },
  '3x3, direct': { x: [1, 9, 10, 24], filter: [3, 3, 24, 20], options: { algorithm: 'direct' }, out: [9, 10] },
  '3x3, stride 2': { x: [1, 9, 10, 16], filter: [3, 3, 16, 17], options: { strides: 2 }, out: [5, 5] },
  '3x3, dilated': { x: [1, 9, 10, 4], filter: [3, 3, 4, 5], options: { dilations: 2 }, out: [9, 10] },
  '3x3 without padding': { x: [1, 9, 10, 4], filter: [3, 3, 4, 5], options: { pad: 0 }, out: [7, 8] },
  'a stem': { x: [1, 15, 17, 3], filter: [7, 7, 3, 64], options: { strides: 2 }, out: [8, 9] },
  groups: { x: [1, 6, 7, 32], filter: [3, 3, 4, 32], options: { groups: 8 }, out: [6, 7] },
  'an even kernel': { x: [1, 6, 7, 3], filter: [2, 2, 3, 4], options: { pad: 1, strides: 2 }, out: [4, 4] },
  'a fully connected layer': { x: [5, 1, 1, 300], filter: [1, 1, 300, 21], out: [1, 1] },
};

function naive({ x, filter, options = {}, out }: Case): NaiveConv {
  const { strides = 1, dilations = 1, groups = 1 } = options;
  const pad = options.pad ?? ((filter[0] - 1) / 2) * dilations;
  return {
    batch: x[0],
    height: x[1],
    width: x[2],
    channels: x[3],
    outChannels: filter[3],
    kernel: [filter[0], filter[1]],
    strides: [strides, strides],
    pad: () => [pad, pad],
    dilations: () => [dilations, dilations],
    groups,
    out,
  };
}

const product = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1);

describeBackends('fusedConv2d', activate, () => {
  test.each(Object.entries(CASES))('%s', async (_, c) => {
    const outShape: Shape4 = [c.x[0], ...c.out, c.filter[3]];
    const [x, filter, bias] = [hashed(1, product(c.x)), hashed(2, product(c.filter)), hashed(3, c.filter[3])] as const;
    const residual = hashed(4, product(outShape));
    const [plain, full] = tf.tidy(() => {
      const input = tf.tensor4d(x, c.x);
      const made = packConv2dFilter(tf.tensor4d(filter, c.filter), c.options);
      const more = { bias: tf.tensor1d(bias), residual: tf.tensor4d(residual, outShape), activation: 'relu' } as const;
      return [fusedConv2d(input, made), fusedConv2d(input, made, more)] as const;
    });
    const sums = naiveForward(naive(c), x, filter);
    expect(plain.shape).toEqual(outShape);
    expect(maxRelativeError(await plain.data(), sums)).toBeLessThan(1e-5);
    const expected = sums.map((sum, i) => Math.max(0, sum + bias[i % bias.length]! + residual[i]!));
    expect(maxRelativeError(await full.data(), expected)).toBeLessThan(1e-5);
    tf.dispose([plain, full]);
  });

  test('an empty batch gives an empty result', () => {
    const y = tf.tidy(() => {
      const packed = packConv2dFilter(tf.zeros<tf.Rank.R4>([3, 3, 2, 4]), { strides: 2 });
      return fusedConv2d(tf.zeros<tf.Rank.R4>([0, 5, 8, 2]), packed);
    });
    expect(y.shape).toEqual([0, 3, 4, 4]);
    y.dispose();
  });
});

/** To the nearest number of 8 bits, half-way to even. */
function rounded(values: Float32Array): Float32Array {
  const bits = new Uint32Array(values.slice().buffer);
  return new Float32Array(bits.map((bit) => (bit + 0x7fff + ((bit >>> 16) & 1)) & 0xffff0000).buffer);
}

const native = await useEngine({ device: 'cpu', threads: 2 }).then(loadedNative, () => undefined);

describe.skipIf(native?.ops.bfloat16?.() !== true)('fusedConv2d of bfloat16', () => {
  beforeAll(async () => void (await useEngine({ device: 'cpu', threads: 2 })));

  const amx = native?.ops.simdLevel() === 'amx';

  test.each(Object.entries(CASES).filter(([name]) => amx || !name.includes('Winograd')))('%s', async (_, c) => {
    const [x, filter, bias] = [hashed(1, product(c.x)), hashed(2, product(c.filter)), hashed(3, c.filter[3])] as const;
    const y = tf.tidy(() => {
      const made = packConv2dFilter(tf.tensor4d(filter, c.filter), { ...c.options, precision: 'bfloat16' });
      return fusedConv2d(tf.tensor4d(x, c.x), made, { bias: tf.tensor1d(bias) });
    });
    const sums = naiveForward(naive(c), rounded(x), rounded(filter));
    const expected = sums.map((sum, i) => sum + bias[i % bias.length]!);
    expect(maxRelativeError(await y.data(), expected)).toBeLessThan(1e-5);
    y.dispose();
  });

  test('leaves 3x3 filters that Winograd takes as they are, without AMX', async () => {
    const { x, filter } = CASES['3x3 that Winograd takes']!;
    const level = native!.ops.simdLevel();
    native!.ops.setSimdLevel('avx512');
    try {
      const [half, single] = tf.tidy(() =>
        (['bfloat16', 'float32'] as const).map((precision) => {
          const made = packConv2dFilter(tf.tensor4d(hashed(2, product(filter)), filter), { precision });
          return fusedConv2d(tf.tensor4d(hashed(1, product(x)), x), made);
        }),
      );
      expect(await half!.data()).toEqual(await single!.data());
      tf.dispose([half!, single!]);
    } finally {
      native!.ops.setSimdLevel(level);
    }
  });

  test('is refused where the level in force has none', () => {
    const level = native!.ops.simdLevel();
    const filter = tf.ones<tf.Rank.R4>([1, 1, 4, 4]);
    const x = tf.ones<tf.Rank.R4>([1, 2, 2, 4]);
    const packed = packConv2dFilter(filter, { precision: 'bfloat16' });
    try {
      native!.ops.setSimdLevel('avx2');
      expect(() => packConv2dFilter(filter, { precision: 'bfloat16' })).toThrowError(UnsupportedPrecisionError);
      expect(() => fusedConv2d(x, packed)).toThrowError(
        'packed is of bfloat16, for which this processor or this build has no kernel',
      );
    } finally {
      native!.ops.setSimdLevel(level);
      tf.dispose([x, filter, packed.tensor]);
    }
  });
});

describe('fusedConv2d refuses', () => {
  const zeros = (shape: number[]) => tf.zeros<tf.Rank.R4>(shape as Shape4);
  const run = (make: () => unknown) => tf.tidy(() => void make());
  const refused = async (make: () => unknown, type: unknown, message: string) => {
    await activate('js');
    const before = tf.memory().numTensors;
    expect(() => run(make)).toThrowError(type as ErrorConstructor);
    expect(() => run(make)).toThrowError(message);
    expect(tf.memory().numTensors).toBe(before);
  };
  const pack = (options: object, filter = [3, 3, 4, 6]) => packConv2dFilter(zeros(filter), options);
  const call = (options: object, x = [1, 5, 5, 4]) => fusedConv2d(zeros(x), pack({}), options);

  test.each([
    [{ strides: 0 }, 'packConv2dFilter: strides must be a positive whole number'],
    [{ pad: -1 }, 'packConv2dFilter: pad must be a whole number of at least 0'],
    [{ dilations: 1.5 }, 'packConv2dFilter: dilations must be a positive whole number'],
    [{ groups: 4 }, 'packConv2dFilter: groups must be a divisor of 16 input and 6 output channels'],
    [{ algorithm: 'fast' }, 'packConv2dFilter: algorithm must be "auto" or "direct"'],
  ])('to pack with %j', (options, message) => refused(() => pack(options), InvalidArgumentError, message));

  test('a precision that is not known', () =>
    refused(
      () => pack({ precision: 'float16' }),
      InvalidArgumentError,
      'packConv2dFilter: precision must be one of float32, bfloat16, received "float16"',
    ));
  test('a precision that the backend has not', () =>
    refused(
      () => pack({ precision: 'bfloat16' }),
      UnsupportedPrecisionError,
      'precision "bfloat16" needs the native engine on a processor with AVX512-BF16 (AMD since Zen 4, Intel\'s Xeons since Cooper Lake): ' +
        'the backend is "cpu"; take "float32"',
    ));
  test('an even kernel without a padding', () =>
    refused(() => pack({}, [2, 2, 4, 6]), InvalidArgumentError, 'pad must be given for an even kernel of 2x2'));
  test('another number of channels', () =>
    refused(() => call({}, [1, 5, 5, 3]), ShapeMismatchError, 'x must have shape [N, H, W, 4] for the packed filter'));
  test('a wrong bias', () =>
    refused(() => call({ bias: tf.zeros([5]) }), ShapeMismatchError, 'bias must have shape [6], received [5]'));
  test('a wrong residual', () =>
    refused(
      () => call({ residual: zeros([1, 5, 5, 4]) }),
      ShapeMismatchError,
      'residual must have shape [1, 5, 5, 6], received [1, 5, 5, 4]',
    ));
  test('a wrong activation', () =>
    refused(() => call({ activation: 'elu' }), InvalidArgumentError, 'activation must be "linear" or "relu"'));
  test('a map smaller than the kernel', () =>
    refused(
      () => fusedConv2d(zeros([1, 2, 5, 4]), pack({ pad: 0 })),
      ShapeMismatchError,
      'x must have shape a padded map of at least the dilated kernel of 3x3',
    ));
  test('a filter packed for another backend', () =>
    refused(
      () => fusedConv2d(zeros([1, 5, 5, 4]), { ...pack({}), backend: 'wasm' }),
      InvalidArgumentError,
      'packed.backend must be the current one, "cpu"; pack the filter again',
    ));
});
