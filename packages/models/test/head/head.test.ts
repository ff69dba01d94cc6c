import { describeBackends, expectFaultsNamed, maxRelativeError } from '@icconv/test-utils';
import { hashedTensor } from '@icconv/test-utils/values';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import {
  type CompiledHead,
  compileHead,
  DisposedError,
  type HeadPlan,
  headShapes,
  initHead,
  runHead,
} from '../../src/index';
import { activate } from '../support/activate';
import { conv, HEADS, weightsOf } from '../support/heads';

const SHAPES: Readonly<Record<string, Record<string, readonly number[]>>> = {
  'two outputs of one trunk': { a: [2, 4, 5, 2], b: [2, 4, 5, 5] },
  'norms, then linear layers on the map': { logits: [2, 2], deltas: [2, 8] },
  'a linear layer alone': { logits: [2, 2] },
  'transposed convolutions with norms, an output that joins': { coarse: [2, 8, 10, 2], fine: [2, 16, 20, 2] },
  'as of masks: transposed convolutions with biases': { masks: [2, 16, 20, 2] },
};
const cases = Object.entries(HEADS);
const input = (count = 2) => hashedTensor<tf.Rank.R4>('x', [count, 4, 5, 3]);
const shapesOf = (outputs: Readonly<Record<string, tf.Tensor>>) =>
  Object.fromEntries(Object.entries(outputs).map(([name, { shape }]) => [name, shape]));

describeBackends('heads', activate, () => {
  test.each(cases)('%s: compiled gives what it gives on tensors', async (name, plan) => {
    const weights = weightsOf(plan);
    const x = input();
    const { outputs, statistics } = runHead('test', weights, x, plan);
    const compiled = compileHead('test', weights, plan);
    tf.dispose(weights);
    const fast = compiled.run(x);
    expect(statistics).toEqual({});
    expect(shapesOf(outputs)).toEqual(SHAPES[name]);
    expect(shapesOf(fast)).toEqual(SHAPES[name]);
    for (const [output, values] of Object.entries(outputs)) {
      const expected = (await values.data()) as Float32Array;
      expect(Math.max(...expected.map(Math.abs))).toBeGreaterThan(0.01);
      expect(maxRelativeError((await fast[output]!.data()) as Float32Array, expected), output).toBeLessThan(1e-4);
    }
    compiled.dispose();
    tf.dispose([x, outputs, fast]);
  });

  test.each(cases)('%s: a missing weight and one of another shape are named', (_, plan) => {
    const weights = weightsOf(plan);
    const x = input();
    const names = Object.keys(headShapes(plan));
    expectFaultsNamed(weights, names, (own) => runHead('test', own, x, plan));
    expectFaultsNamed(weights, names, (own) => compileHead('test', own, plan));
    tf.dispose([weights, x]);
  });

  test.each(cases)('%s: nothing in, nothing out', (name, plan) => {
    const weights = weightsOf(plan);
    const x = tf.zeros([0, 4, 5, 3]) as tf.Tensor4D;
    const compiled = compileHead('test', weights, plan);
    const expected = Object.entries(SHAPES[name]!).map(([output, [, ...rest]]) => [output, [0, ...rest]]);
    // A batch without anything has no statistics.
    const { outputs, statistics } = runHead('test', weights, x, plan, { training: true });
    const fast = compiled.run(x);
    expect(statistics).toEqual({});
    expect(shapesOf(outputs)).toEqual(Object.fromEntries(expected));
    expect(shapesOf(fast)).toEqual(Object.fromEntries(expected));
    compiled.dispose();
    tf.dispose([weights, x, outputs, fast]);
  });

  test.each(cases)("%s: compiled inside somebody's tidy, it outlives it, until it is disposed", (_, plan) => {
    const weights = weightsOf(plan);
    const x = input();
    let compiled: CompiledHead<string> | undefined;
    tf.tidy(() => {
      compiled = compileHead('test', weights, plan);
    });
    for (let turn = 0; turn < 2; turn++) tf.dispose(compiled!.run(x));
    compiled!.dispose();
    compiled!.dispose();
    expect(() => compiled!.run(x)).toThrow(DisposedError);
    tf.dispose([weights, x]);
  });

  test('norms take the statistics of the batch where they are asked to', () => {
    const plan = HEADS['transposed convolutions with norms, an output that joins']!;
    const weights = weightsOf(plan);
    const x = input();
    const frozen = runHead('test', weights, x, plan);
    const trained = runHead('test', weights, x, plan, { training: (norm) => norm === 'n3', momentum: 1 });
    expect(Object.keys(trained.statistics)).toEqual(['n3.running_mean', 'n3.running_var']);
    const difference = (output: string) =>
      tf.tidy(() => tf.max(tf.abs(tf.sub(trained.outputs[output]!, frozen.outputs[output]!))).dataSync()[0]!);
    expect(difference('coarse')).toBe(0);
    expect(difference('fine')).toBeGreaterThan(0.01);
    // With momentum 1 the running statistics become the batch's, but for n - 1 in place of n.
    const again = runHead('test', { ...weights, ...trained.statistics }, x, plan);
    const worst = tf.tidy(
      () => tf.max(tf.abs(tf.sub(again.outputs.fine!, trained.outputs.fine!))).dataSync()[0]! / difference('fine'),
    );
    expect(worst).toBeLessThan(0.01);
    tf.dispose([weights, x, frozen.outputs, trained.outputs, trained.statistics, again.outputs]);
  });

  test.each(cases)('%s: every weight but running statistics has a gradient', (_, plan) => {
    const weights = weightsOf(plan);
    const x = input();
    const names = Object.keys(weights).filter((name) => !name.includes('running'));
    const gradients = tf.tidy(() =>
      tf.grads((...values: tf.Tensor[]) => {
        const own = { ...weights, ...Object.fromEntries(names.map((name, i) => [name, values[i]!])) };
        const { outputs } = runHead('test', own, x, plan, { training: true });
        return tf.addN(Object.values(outputs).map((output) => tf.sum(tf.square(output))));
      })(names.map((name) => weights[name]!)),
    );
    for (const [i, name] of names.entries()) {
      expect(gradients[i]!.shape).toEqual(weights[name]!.shape);
      const size = tf.tidy(() => tf.max(tf.abs(gradients[i]!)).dataSync()[0]!);
      expect(size, name).toBeGreaterThan(0);
    }
    tf.dispose([weights, x, gradients]);
  });
});

describeBackends(
  'initHead',
  activate,
  () => {
    test('all weights, by the layers’ kinds and their deviation', () => {
      const plan: HeadPlan = [
        { ...conv, name: 'conv', norm: 'bn', inChannels: 32, outChannels: 64 },
        { kind: 'deconv', name: 'up', size: 4, inChannels: 64, outChannels: 32 },
        { kind: 'linear', name: 'fc', inChannels: 100, outChannels: 64 },
        { ...conv, name: 'out', inChannels: 32, outChannels: 64, deviation: 0.01, output: 'out' },
      ];
      const seeds: [number, number][] = [];
      const weights = initHead(plan, (weight, layer) => seeds.push([weight, layer]));
      expect(seeds).toEqual([
        [0, 0],
        [5, 1],
        [7, 2],
        [9, 3],
      ]);
      const shapes = Object.entries(weights).map(([name, { shape }]) => [name, shape]);
      expect(shapes).toEqual(Object.entries(headShapes(plan)));
      const deviation = (name: string) =>
        tf.tidy(() => tf.sqrt(tf.mean(tf.square(weights[`${name}.weight`]!))).dataSync()[0]!);
      const [first, second] = [Math.sqrt(2 / (9 * 32)), Math.sqrt(2 / (4 * 64))];
      expect(deviation('conv') / first).toBeCloseTo(1, 1);
      expect(deviation('up') / second).toBeCloseTo(1, 1);
      expect(deviation('fc') * 10 * Math.sqrt(3)).toBeCloseTo(1, 1);
      expect(deviation('out') / 0.01).toBeCloseTo(1, 1);
      const ones = ['bn.weight', 'bn.running_var'];
      for (const name of Object.keys(weights).filter((vector) => weights[vector]!.shape.length === 1)) {
        expect(new Set(weights[name]!.dataSync()), name).toEqual(new Set([ones.includes(name) ? 1 : 0]));
      }
      tf.dispose(weights);
    });
  },
  ['js'],
);
