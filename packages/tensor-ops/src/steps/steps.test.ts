import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { runSteps, runStepsAsync, type Steps } from './steps';

/** The values over a limit, times the features' mean: a kernel in the middle needs numbers. */
function* work(log: string[] = []): Steps<{ found: tf.Tensor1D; count: number }> {
  const features = tf.square(tf.tensor1d([1, 2, 3]));
  const waste = tf.add(features, 1);
  const scores = tf.add(features, -3) as tf.Tensor1D;
  yield { keep: { maps: [features] }, read: { scores } };
  log.push(`waste ${waste.isDisposed}`);
  const over = Array.from(scores.dataSync()).filter((value) => value > 0);
  const found = tf.mul(tf.tensor1d(over), tf.mean(features)) as tf.Tensor1D;
  yield { read: [found] };
  log.push(`features ${features.isDisposed}, scores ${scores.isDisposed}`);
  return { found, count: found.dataSync().length };
}

function* failing(when: number): Steps<tf.Tensor> {
  const kept = tf.scalar(1);
  if (when === 0) throw new Error('step 0');
  yield { read: [kept] };
  tf.scalar(2);
  throw new Error('step 1');
}

describe.each([
  ['at once', <R>(steps: Steps<R>) => Promise.resolve().then(() => runSteps(steps))],
  ['waiting', runStepsAsync],
] as const)('steps %s', (_, run) => {
  beforeEach(() => tf.setBackend('cpu'));

  it('give their result, and leave nothing else', async () => {
    const before = tf.memory().numTensors;
    const log: string[] = [];
    const { found, count } = await run(work(log));
    expect(count).toBe(2);
    expect(found.dataSync()[0]).toBeCloseTo(14 / 3, 5);
    expect(log).toEqual(['waste true', 'features true, scores true']);
    expect(tf.memory().numTensors).toBe(before + 1);
    found.dispose();
  });

  it.each([0, 1])('leave nothing where step %i fails', async (when) => {
    const before = tf.memory().numTensors;
    await expect(run(failing(when))).rejects.toThrow(`step ${when}`);
    expect(tf.memory().numTensors).toBe(before);
  });
});

it('numbers that a step reads have been waited for before it, and no others', async () => {
  await tf.setBackend('cpu');
  const backend = tf.backend();
  const waited = vi.spyOn(backend, 'read');
  const at = vi.spyOn(backend, 'readSync');
  const { found } = await runStepsAsync(work());
  found.dispose();
  expect(waited).toHaveBeenCalledTimes(2);
  expect(waited.mock.invocationCallOrder[0]).toBeLessThan(at.mock.invocationCallOrder[0]!);
  vi.restoreAllMocks();
});

it('a read that fails leaves nothing', async () => {
  await tf.setBackend('cpu');
  const before = tf.memory().numTensors;
  vi.spyOn(tf.backend(), 'read').mockRejectedValueOnce(new Error('the device is lost'));
  await expect(runStepsAsync(work())).rejects.toThrow('the device is lost');
  expect(tf.memory().numTensors).toBe(before);
  vi.restoreAllMocks();
});
