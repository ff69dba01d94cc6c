import { describeBackends, maxRelativeError } from '@icconv/test-utils';
import { hashed } from '@icconv/test-utils/values';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { activate } from '../../../test/support/activate';
import { runConv } from '../../../test/support/run-conv';
import { loadedNative, useEngine } from '../../engine';
import { InvalidArgumentError, ShapeMismatchError } from '../../errors';
import { type InceptionConv2dOptions, inceptionConv2d } from './inception-conv2d';
import { inceptionConv2dPacked, packInceptionFilter } from './packed';

const native = await useEngine({ device: 'cpu', threads: 2 }).then(loadedNative, () => undefined);

type Pair = readonly [number, number];

describeBackends('inceptionConv2d', activate, () => {
  test('each channel looks as far as its own dilation, height first', async () => {
    // One bright pixel in the middle of 7 x 7; a filter of ones copies it to where the taps are.
    const y = tf.tidy(() => {
      const x = tf.pad(tf.ones<tf.Rank.R4>([1, 1, 1, 1]), [
        [0, 0],
        [3, 3],
        [3, 3],
        [0, 0],
      ]);
      return inceptionConv2d(x as tf.Tensor4D, tf.ones([3, 3, 1, 2]), {
        dilations: [
          [3, 1],
          [1, 2],
        ],
      });
    });
    const values = (await y.array()) as number[][][][];
    y.dispose();
    const lit = (channel: number) =>
      values[0]!.flatMap((row, h) => row.flatMap((pixel, w) => (pixel[channel] === 1 ? [`${h},${w}`] : [])));
    expect(lit(0)).toEqual(['0,2', '0,3', '0,4', '3,2', '3,3', '3,4', '6,2', '6,3', '6,4']);
    expect(lit(1)).toEqual(['2,1', '2,3', '2,5', '3,1', '3,3', '3,5', '4,1', '4,3', '4,5']);
  });

  test('is tf.conv2d when every dilation is one', async () => {
    const [ours, plain] = tf.tidy(() => {
      const x = tf.tensor4d(hashed(1, 2 * 9 * 7 * 5), [2, 9, 7, 5]);
      const filter = tf.tensor4d(hashed(2, 3 * 3 * 5 * 6), [3, 3, 5, 6]);
      const ones: Pair[] = Array(6).fill([1, 1]);
      return [inceptionConv2d(x, filter, { dilations: ones }), tf.conv2d(x, filter, 1, 'same')] as const;
    });
    expect(ours.shape).toEqual(plain.shape);
    expect(maxRelativeError(await ours.data(), await plain.data())).toBeLessThan(1e-5);
    tf.dispose([ours, plain]);
  });

  test('takes one dilation per group', async () => {
    const [perGroup, perChannel] = tf.tidy(() => {
      const x = tf.tensor4d(hashed(1, 6 * 6 * 4), [1, 6, 6, 4]);
      const filter = tf.tensor4d(hashed(2, 9 * 2 * 6), [3, 3, 2, 6]);
      const a: Pair = [2, 1];
      const b: Pair = [1, 3];
      return [
        inceptionConv2d(x, filter, { groups: 2, dilations: [a, b] }),
        inceptionConv2d(x, filter, { groups: 2, dilations: [a, a, a, b, b, b] }),
      ] as const;
    });
    expect(await perGroup.data()).toEqual(await perChannel.data());
    tf.dispose([perGroup, perChannel]);
  });

  test('an empty batch gives an empty result and zero gradients', async () => {
    const got = await runConv(
      (x, filter) =>
        inceptionConv2d(x, filter, {
          strides: 2,
          dilations: [
            [1, 1],
            [2, 1],
          ],
        }),
      { shape: [0, 5, 4, 2], values: new Float32Array() },
      { shape: [3, 3, 2, 2], values: hashed(1, 36) },
      new Float32Array(),
    );
    expect(got.shape).toEqual([0, 3, 2, 2]);
    expect(got.dx).toHaveLength(0);
    expect(got.dfilter).toEqual(new Float32Array(36));
  });

  test('a packed filter gives the same result', async () => {
    const dilations: Pair[] = [
      [1, 1],
      [2, 3],
      [1, 1],
      [4, 1],
      [2, 3],
      [1, 2],
    ];
    const filter = tf.tensor4d(hashed(2, 9 * 3 * 6), [3, 3, 3, 6]);
    const packed = packInceptionFilter(filter, { dilations, groups: 2 });
    const [direct, viaPacked] = tf.tidy(() => {
      const x = tf.tensor4d(hashed(1, 2 * 7 * 8 * 6), [2, 7, 8, 6]);
      const options = { strides: 2, bias: tf.tensor1d(hashed(3, 6)), activation: 'relu' } as const;
      return [
        inceptionConv2d(x, filter, { dilations, groups: 2, ...options }),
        inceptionConv2dPacked(x, packed, options),
      ] as const;
    });
    expect(viaPacked.shape).toEqual([2, 4, 4, 6]);
    expect(maxRelativeError(await viaPacked.data(), await direct.data())).toBeLessThan(1e-6);
    packed.dispose();
    tf.dispose([filter, direct, viaPacked]);
  });
});

describe('inceptionConv2d refuses', () => {
  const ones = (n: number): Pair[] => Array(n).fill([1, 1]);
  const run = (options: object, x: number[] = [1, 5, 5, 4], filter: number[] = [3, 3, 4, 6]) =>
    tf.tidy(() =>
      inceptionConv2d(
        tf.zeros(x as [number, number, number, number]),
        tf.zeros(filter as [number, number, number, number]),
        { dilations: ones(filter[3]!), ...options } as InceptionConv2dOptions,
      ),
    );
  const refused = async (attempt: () => unknown, type: typeof Error, message: string) => {
    await activate('js');
    const before = tf.memory().numTensors;
    expect(attempt).toThrowError(type as unknown as ErrorConstructor);
    expect(attempt).toThrowError(`inceptionConv2d: ${message}`);
    expect(tf.memory().numTensors).toBe(before);
  };
  const argument = InvalidArgumentError as unknown as typeof Error;
  const shape = ShapeMismatchError as unknown as typeof Error;

  test.each([
    [
      { dilations: ones(5) },
      'dilations must be one [height, width] for each of the 6 output channels, received "5 entries"',
    ],
    [{ dilations: undefined }, 'dilations must be a list of [height, width] dilations, received undefined'],
    [
      { dilations: [...ones(5), [0, 1]] },
      'dilations[5] must be a pair of positive whole numbers [height, width], received [0, 1]',
    ],
    [{ dilations: [[1, -2], ...ones(5)] }, 'dilations[0] must be a pair of positive whole numbers'],
    [{ dilations: [[1.5, 1], ...ones(5)] }, 'dilations[0] must be'],
    [{ dilations: [[1, Number.NaN], ...ones(5)] }, 'dilations[0] must be'],
    [{ dilations: [[1], ...ones(5)] }, 'dilations[0] must be'],
    [{ dilations: [3, ...ones(5)] }, 'dilations[0] must be'],
    [{ strides: 0 }, 'strides must be a positive whole number'],
    [{ pad: 2 }, 'pad must be "same" or 1'],
    [{ pad: 'valid' }, 'pad must be "same" or 1'],
    [{ groups: 3 }, 'groups must be a divisor of 4 input and 6 output channels'],
    [{ activation: 'elu' }, 'activation must be "linear" or "relu"'],
    [{ algorithm: 'fast' }, 'algorithm must be "auto" or "per-pattern"'],
  ])('%j', async (options, message) => refused(() => run(options), argument, message));

  test('mismatched groups', () =>
    refused(() => run({ groups: 2 }), shape, 'filter must have shape [3, 3, 2, 6] for x with 4 channels in 2 groups'));
  test('a wrong count of dilations with groups', () =>
    refused(
      () => run({ groups: 2, dilations: ones(3) }, [1, 5, 5, 4], [3, 3, 2, 6]),
      argument,
      'dilations must be one [height, width] for each of the 6 output channels or each of the 2 groups, received "3 entries"',
    ));
  test('an even kernel', () =>
    refused(
      () => run({}, [1, 5, 5, 4], [2, 2, 4, 6]),
      shape,
      'filter must have shape [K, K, C/G, O] with one odd kernel',
    ));
  test('a kernel that is not square', () =>
    refused(
      () => run({}, [1, 5, 5, 4], [3, 1, 4, 6]),
      shape,
      'filter must have shape [K, K, C/G, O] with one odd kernel',
    ));
  test('a wrong rank', () => refused(() => run({}, [5, 5, 4]), shape, 'x must have shape [N, H, W, C]'));
  test('an empty map', () => refused(() => run({}, [1, 0, 5, 4]), shape, 'x must have shape [N, H, W, C]'));
  test('a shape that holds NaN', async () => {
    await activate('js');
    const filter = tf.zeros<tf.Rank.R4>([3, 3, 4, 6]);
    const x = Object.assign(Object.create(filter), { shape: [1, Number.NaN, 5, 4] }) as tf.Tensor4D;
    await refused(
      () => inceptionConv2d(x, filter, { dilations: ones(6) }),
      shape,
      'x must have shape [N, H, W, C] with positive whole lengths, received [1, NaN, 5, 4]',
    );
    filter.dispose();
  });
  test('a wrong bias', async () => {
    await activate('js');
    const bias = tf.zeros<tf.Rank.R1>([5]);
    await refused(() => run({ bias }), shape, 'bias must have shape [6], received [5]');
    bias.dispose();
  });
  test('a wrong dtype', async () => {
    await activate('js');
    const x = tf.zeros<tf.Rank.R4>([1, 5, 5, 4], 'int32');
    const filter = tf.zeros<tf.Rank.R4>([3, 3, 4, 6]);
    await refused(() => inceptionConv2d(x, filter, { dilations: ones(6) }), argument, 'x.dtype must be float32');
    tf.dispose([x, filter]);
  });
  test('a filter packed for another backend', async () => {
    await activate('js');
    const filter = tf.zeros<tf.Rank.R4>([3, 3, 4, 6]);
    const packed = { ...packInceptionFilter(filter, { dilations: ones(6) }), backend: 'wasm' };
    const x = tf.zeros<tf.Rank.R4>([1, 5, 5, 4]);
    expect(() => inceptionConv2dPacked(x, packed)).toThrowError('packed.backend must be the current one, "cpu"; pack');
    tf.dispose([filter, x, packed.tensor]);
  });
});

describe.skipIf(native?.ops.bfloat16?.() !== true)('a filter packed for bfloat16', () => {
  const dilations: Pair[] = Array.from({ length: 40 }, (_, o) => [1 + (o % 3), 1 + (o % 2)]);
  const amx = native?.ops.simdLevel() === 'amx';

  async function errorOfBfloat16(channels: number): Promise<number> {
    await useEngine({ device: 'cpu', threads: 2 });
    const [half, single] = tf.tidy(() => {
      const x = tf.tensor4d(hashed(1, 2 * 9 * 11 * channels), [2, 9, 11, channels]);
      const filter = tf.tensor4d(hashed(2, 9 * channels * 40), [3, 3, channels, 40]);
      const bias = tf.tensor1d(hashed(3, 40));
      return (['bfloat16', 'float32'] as const).map((precision) => {
        const packed = packInceptionFilter(filter, { dilations, precision });
        return inceptionConv2dPacked(x, packed, { bias, activation: 'relu' });
      });
    });
    const error = maxRelativeError(await half!.data(), await single!.data());
    tf.dispose([half!, single!]);
    return error;
  }

  test('multiplies in bfloat16 with AMX, in float32 without', async () => {
    const error = await errorOfBfloat16(64);
    expect(error).toBeLessThan(1e-2);
    expect(error > 1e-5).toBe(amx);
  });

  test('stays float32 where the channels fill no tile', async () => {
    expect(await errorOfBfloat16(24)).toBe(0);
  });

  test.runIf(amx)('is refused where the level in force has no tiles', () => {
    const { ops } = native!;
    const filter = tf.ones<tf.Rank.R4>([3, 3, 32, 40]);
    const x = tf.ones<tf.Rank.R4>([1, 4, 4, 32]);
    const packed = packInceptionFilter(filter, { dilations, precision: 'bfloat16' });
    try {
      ops.setSimdLevel('avx512');
      expect(() => inceptionConv2dPacked(x, packed)).toThrowError(
        'packed is of bfloat16, for which this processor or this build has no kernel',
      );
    } finally {
      ops.setSimdLevel('amx');
      packed.dispose();
      tf.dispose([x, filter]);
    }
  });
});
