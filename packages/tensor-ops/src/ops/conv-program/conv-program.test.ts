import { describeBackends, maxRelativeError } from '@icconv/test-utils';
import { hashed } from '@icconv/test-utils/values';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { activate } from '../../../test/support/activate';
import { sampleProgram } from '../../../test/support/sample-program';
import { InvalidArgumentError, ShapeMismatchError } from '../../errors';
import { type PackedConv2dFilter, packConv2dFilter } from '../fused-conv2d';
import { fusedConv2d } from '../fused-conv2d/fused-conv2d';
import { type ConvProgram, convProgram } from './conv-program';
import type { ConvStep } from './steps';

const product = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1);
let seed = 1;
const tensor = <R extends tf.Rank>(...shape: number[]) =>
  tf.tensor<R>(hashed(seed++, product(shape)), shape as tf.ShapeMap[R]);

describeBackends('convProgram', activate, () => {
  test('gives what its layers give, for maps of any size, again and again', async () => {
    let program!: ConvProgram;
    const kept = tf.tidy(() => {
      const { steps, outputs, byHand } = sampleProgram();
      program = convProgram(steps, { outputs });
      return [
        [2, 13, 11],
        [1, 40, 33],
        [2, 13, 11],
        [1, 1, 1],
      ].map(([batch, height, width]) => {
        const x = tensor<tf.Rank.R4>(batch!, height!, width!, 3);
        return { actual: program.run(x), expected: byHand(x) };
      });
    });
    for (const { actual, expected } of kept) {
      for (const [i, y] of actual.entries()) {
        expect(y.shape).toEqual(expected[i]!.shape);
        expect(maxRelativeError(await y.data(), await expected[i]!.data())).toBeLessThan(1e-5);
      }
    }
    tf.dispose(kept);
    program.dispose();
  });

  test('every map may be an output, also that of a single step', () => {
    tf.engine().startScope();
    const filters = [packConv2dFilter(tensor(3, 3, 4, 4)), packConv2dFilter(tensor(3, 3, 4, 4))];
    const x = tensor<tf.Rank.R4>(1, 8, 8, 4);
    for (const count of [1, 2]) {
      const steps = filters.slice(0, count).map((filter, input) => ({ kind: 'conv', input, filter }) as const);
      const program = convProgram(steps, { outputs: steps.map((_, step) => step + 1) });
      const maps = program.run(x);
      let expected = x;
      for (const [step, map] of maps.entries()) {
        expected = fusedConv2d(expected, filters[step]!);
        expect(maxRelativeError(map.dataSync(), expected.dataSync())).toBeLessThan(1e-5);
      }
      program.dispose();
    }
    tf.engine().endScope();
  });

  test('an empty batch gives empty maps', () => {
    tf.tidy(() => {
      const { steps, outputs } = sampleProgram();
      const program = convProgram(steps, { outputs });
      expect(program.run(tf.zeros<tf.Rank.R4>([0, 13, 11, 3])).map(({ shape }) => shape)).toEqual([
        [0, 4, 3, 24],
        [0, 7, 6, 24],
        [0, 2, 2, 32],
      ]);
      program.dispose();
    });
  });

  test('maps in between are freed', () => {
    tf.tidy(() => {
      const { steps, outputs } = sampleProgram();
      const program = convProgram(steps, { outputs: outputs.slice(0, 1) });
      const x = tensor<tf.Rank.R4>(1, 9, 9, 3);
      const before = tf.memory().numTensors;
      program.run(x);
      expect(tf.memory().numTensors).toBe(before + 1);
      program.dispose();
    });
  });
});

describe('convProgram refuses', () => {
  const refused = async (make: () => unknown, type: unknown, message: string | RegExp) => {
    await activate('js');
    const before = tf.memory().numTensors;
    const run = () => tf.tidy(() => void make());
    expect(run).toThrowError(type as ErrorConstructor);
    expect(run).toThrowError(message);
    expect(tf.memory().numTensors).toBe(before);
  };
  const filter = () => packConv2dFilter(tf.zeros<tf.Rank.R4>([3, 3, 4, 6]));
  const step = (more: object = {}): ConvStep => ({ kind: 'conv', input: 0, filter: filter(), ...more });

  test.each<[string, () => readonly ConvStep[], readonly number[], string]>([
    ['no step', () => [], [1], 'convProgram: steps must be at least one step'],
    ['a map of later', () => [step({ input: 1 })], [1], 'steps[0].input must be a map made before, 0 to 0'],
    ['a residual of later', () => [step({ residual: 1 })], [1], 'steps[0].input must be a map made before'],
    ['no output', () => [step()], [], 'outputs must be distinct maps from 1 to 1'],
    ['the image as output', () => [step()], [0], 'outputs must be distinct maps'],
    ['an output twice', () => [step()], [1, 1], 'outputs must be distinct maps'],
    ['an activation', () => [step({ activation: 'elu' })], [1], 'activation must be "linear" or "relu"'],
    ['a padding', () => [{ kind: 'maxPool', input: 0, size: 2, strides: 2, pad: 2 }], [1], 'pad must be less than'],
    [
      'another backend',
      () => [step({ filter: { ...filter(), backend: 'x' } as PackedConv2dFilter })],
      [1],
      'backend must',
    ],
  ])('%s', (_, steps, outputs, message) =>
    refused(() => convProgram(steps(), { outputs }), InvalidArgumentError, message),
  );

  test.each<[string, () => readonly ConvStep[], readonly [number, number, number], RegExp]>([
    ['channels', () => [step()], [5, 5, 3], /map 0 of steps\[0\] must have shape \[N, H, W, 4\]/],
    ['a residual', () => [step({ residual: 0 })], [5, 5, 4], /map 0 of steps\[0\] must have shape \[N, 5, 5, 6\]/],
    [
      'a small map',
      () => [{ kind: 'maxPool', input: 0, size: 3, strides: 1, pad: 0 }],
      [2, 5, 4],
      /the map that steps\[0\] reads must have shape at least the kernel/,
    ],
  ])('%s that do not fit', async (_, steps, shape, message) => {
    await activate('js');
    const program = tf.tidy(() => {
      const made = convProgram(steps(), { outputs: [1] });
      expect(() => made.run(tf.zeros<tf.Rank.R4>([1, ...shape]))).toThrowError(ShapeMismatchError);
      expect(() => made.run(tf.zeros<tf.Rank.R4>([1, ...shape]))).toThrowError(message);
      made.dispose();
      return tf.scalar(0);
    });
    program.dispose();
  });
});
