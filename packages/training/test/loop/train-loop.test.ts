import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadStateDict } from '@icconv/tensor-ops/weights';
import { describeBackends } from '@icconv/test-utils';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, expect, test } from 'vitest';
import { NonFiniteLossError } from '../../src';
import { checkRun, type ProgressState, trainLoop } from '../../src/node';
import { activate } from '../support/activate';
import { accuracy, fingerprint, initialWeights, makeRun, step } from './tiny';

const root = mkdtempSync(join(tmpdir(), 'icconv-loop-'));
afterAll(() => rmSync(root, { recursive: true }));

describeBackends(
  'trainLoop',
  activate,
  (backend) => {
    const folder = (name: string) => join(root, backend, name);

    test('learns, logs all losses, keeps the best and the final weights', async () => {
      const lines: string[] = [];
      const states: ProgressState[] = [];
      const progress = {
        update: (state: ProgressState) => states.push(state),
        line: (text: string) => lines.push(text),
        stop: () => {},
      };
      const here = folder('whole');
      const { run, averages, dispose } = makeRun({ folder: here, progress, evaluateEvery: 2, epochs: 5 });
      const result = await trainLoop(run);
      expect(result.reason).toBe('finished');
      expect(result.rows.length).toBe(5);
      // Every second epoch, and the last.
      expect(result.rows.map((row) => 'val/accuracy' in row)).toEqual([false, true, false, true, true]);
      const [first, last] = [result.rows[0]!, result.rows[4]!];
      expect(Number(last['train/classes'])).toBeLessThan(Number(first['train/classes']));
      expect(Number(last['train/total'])).toBeCloseTo(Number(last['train/classes']) + Number(last['train/size']), 5);
      const [header, ...rows] = readFileSync(join(here, 'results.csv'), 'utf8').trim().split('\n');
      expect(header).toBe('epoch,step,learningRate,train/classes,train/size,train/total,seconds,val/accuracy');
      expect(rows.length).toBe(5);
      expect(lines.filter((line) => line.startsWith('epoch ')).length).toBe(5);
      expect(states.at(-1)).toMatchObject({ epoch: 4, epochs: 5, batch: 4, batches: 4, secondsLeft: 0 });
      expect(Object.keys(states[0]!.losses)).toEqual(['classes', 'size', 'total']);

      const final = await loadStateDict(join(here, 'final.safetensors'));
      expect(fingerprint(final)).toBe(fingerprint(averages.weights()));
      const best = await loadStateDict(join(here, 'best.safetensors'));
      expect((await accuracy(best)).accuracy).toBe(result.best!.value);
      expect(existsSync(join(here, 'tensorboard'))).toBe(true);
      tf.dispose([final, best]);
      await dispose();
    });

    test('an abort between steps, or in an evaluation that listens to it, saves and stops', async () => {
      const here = folder('aborted');
      const between = new AbortController();
      const first = makeRun({ folder: here, signal: between.signal });
      setImmediate(() => between.abort());
      const early = await trainLoop(first.run);
      expect(early.reason).toBe('interrupted');
      await expect(checkRun(here, {})).rejects.toThrow(/holds a run/);
      await first.dispose();

      const within = new AbortController();
      const second = makeRun({
        folder: here,
        resume: true,
        signal: within.signal,
        async evaluate() {
          within.abort();
          within.signal.throwIfAborted();
          return { accuracy: 0 };
        },
      });
      const result = await trainLoop(second.run);
      expect([result.reason, result.steps]).toEqual(['interrupted', 4]);
      expect(result.rows).toEqual([]);
      await second.dispose();
      const third = makeRun({ folder: here, resume: true });
      const { steps, rows } = await trainLoop(third.run);
      expect([steps, rows.map((row) => 'val/accuracy' in row)]).toEqual([24, Array(6).fill(true)]);
      await third.dispose();
    });

    test('a number of steps ends it in the middle of an epoch', async () => {
      const { run, dispose } = makeRun({ steps: 6 });
      const result = await trainLoop(run);
      expect([result.steps, result.position]).toEqual([6, { epoch: 1, batch: 2 }]);
      expect(result.rows.length).toBe(2);
      await dispose();
    });

    test('a loss that is not finite stops it, names the samples, and leaves the weights alone', async () => {
      const { run, weights, optimizer, dispose } = makeRun({
        step(current, batch, context) {
          const result = step(current, batch, context);
          return context.step === 2 ? { ...result, losses: { ...result.losses, classes: Number.NaN } } : result;
        },
      });
      let names: string[] = [];
      const loader = run.loader;
      const watched = {
        ...loader,
        async *batches(from?: { epoch: number; batch: number }) {
          for await (const batch of loader.batches(from)) {
            names = batch.samples.map(({ name }) => name);
            yield batch;
          }
        },
      };
      const error = await trainLoop({ ...run, loader: watched }).catch((reason) => reason);
      expect(error).toBeInstanceOf(NonFiniteLossError);
      expect(error.samples).toEqual(names);
      expect(error.message).toContain('loss classes is not finite at step 2');
      expect(error.message).toContain(names[0]);
      expect(optimizer.steps).toBe(2);
      for (const tensor of Object.values(weights)) expect(tensor.dataSync().every(Number.isFinite)).toBe(true);
      await dispose();
    });

    test('so does a gradient', async () => {
      const { run, weights, dispose } = makeRun({
        step(current, batch, context) {
          const result = step(current, batch, context);
          tf.dispose(result.gradients['fc.bias']!);
          return {
            ...result,
            gradients: { ...result.gradients, 'fc.bias': tf.tensor1d([1, Number.POSITIVE_INFINITY]) },
          };
        },
      });
      await expect(trainLoop(run)).rejects.toThrow('the gradient is not finite at step 0');
      const start = initialWeights();
      expect(fingerprint({ a: weights['fc.bias']! })).toBe(fingerprint({ a: start['fc.bias']! }));
      tf.dispose(start);
      await dispose();
    });

    test('says what is frozen, and refuses to freeze random weights', async () => {
      const lines: string[] = [];
      const progress = { update: () => {}, line: (text: string) => lines.push(text), stop: () => {} };
      const trainable = (name: string) => name.startsWith('fc');
      const { run, weights, dispose } = makeRun({ epochs: 1, progress });
      await expect(trainLoop({ ...run, freezing: { trainable } })).rejects.toThrow(
        'frozen, but initialised at random: conv.weight, conv.bias',
      );
      const before = fingerprint({ w: weights['conv.weight']! });
      const frozenStep: typeof step = (current, batch, context) => {
        const result = step(current, batch, context);
        const { 'conv.weight': w, 'conv.bias': b, ...gradients } = result.gradients;
        tf.dispose([w!, b!]);
        return { ...result, gradients: gradients as typeof result.gradients };
      };
      await trainLoop({ ...run, step: frozenStep, freezing: { trainable, pretrained: ['conv.weight', 'conv.bias'] } });
      expect(lines[0]).toBe('frozen: 2 of 4 weights: conv.* (2)');
      expect(fingerprint({ w: weights['conv.weight']! })).toBe(before);
      await dispose();
    });

    test('pictures that are left out are counted in the log and listed in the result', async () => {
      const lines: string[] = [];
      const progress = { update: () => {}, line: (text: string) => lines.push(text), stop: () => {} };
      const { run, dispose } = makeRun({ epochs: 1, progress });
      const unreadable = [{ path: 'a.jpg', reason: 'it is empty' }];
      const loader = { ...run.loader, unreadable };
      const result = await trainLoop({ ...run, loader });
      expect(result.unreadable).toEqual(unreadable);
      expect(lines.at(-1)).toMatch(/^epoch 1: .* in \d+s, without 1 unreadable picture$/);
      await dispose();
    });

    test('bad settings are named', async () => {
      const { run, dispose } = makeRun();
      const { epochs: _, ...endless } = run;
      await expect(trainLoop(endless)).rejects.toThrow('epochs must be given, or steps');
      await expect(trainLoop({ ...run, accumulate: 0 })).rejects.toThrow('accumulate');
      await expect(trainLoop({ ...run, clipNorm: 0 })).rejects.toThrow('clipNorm');
      await expect(trainLoop({ ...run, best: { metric: 'mAP' } })).rejects.toThrow(
        "best.metric must be one of evaluate's: accuracy",
      );
      await dispose();
    });

    test('memory stays flat', async () => {
      const { run, dispose } = makeRun({ epochs: 2 });
      await trainLoop(run);
      const after = tf.memory().numTensors;
      await trainLoop({ ...run, epochs: 6 });
      expect(tf.memory().numTensors).toBe(after);
      await dispose();
    });
  },
  ['native', 'js'],
);
