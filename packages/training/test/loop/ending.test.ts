/** Trainings that end by the clock, or as the metric grows no more. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeBackends } from '@icconv/test-utils';
import { afterAll, afterEach, beforeEach, expect, test, vi } from 'vitest';
import { cosine, multiStep, withWarmUp } from '../../src';
import { trainLoop } from '../../src/node';
import { activate } from '../support/activate';
import { makeRun, step } from './tiny';

const root = mkdtempSync(join(tmpdir(), 'icconv-ending-'));
afterAll(() => rmSync(root, { recursive: true }));

describeBackends(
  'how a run ends',
  activate,
  (backend) => {
    const folder = (name: string) => join(root, backend, name);

    test('without patience for a metric that grows no more: with the best weights, and the same after a resume', async () => {
      const here = folder('patience');
      const values = [0.1, 0.5, 0.4, 0.5, 0.3, 0.9];
      const lines: string[] = [];
      const progress = { update: () => {}, line: (text: string) => lines.push(text), stop: () => {} };
      const evaluate = (_: unknown, { epoch }: { epoch: number }) => ({ accuracy: values[epoch - 1]! });
      const first = makeRun({ folder: here, evaluate, patience: 2, progress });
      const result = await trainLoop(first.run);
      expect([result.reason, result.steps, result.rows.length]).toEqual(['patience', 16, 4]);
      expect(result.best).toEqual({ metric: 'accuracy', value: 0.5, epoch: 2 });
      expect(lines.at(-1)).toBe('ended, as accuracy has not been better since epoch 2');
      expect(existsSync(join(here, 'final.safetensors'))).toBe(true);
      await first.dispose();

      const second = makeRun({ folder: here, evaluate, patience: 2, resume: true });
      expect(await trainLoop(second.run)).toMatchObject({ reason: 'patience', steps: 16, best: result.best });
      await second.dispose();
      const patient = makeRun({ folder: here, evaluate, patience: 4, resume: true });
      expect(await trainLoop(patient.run)).toMatchObject({ reason: 'finished', best: { value: 0.9, epoch: 6 } });
      await patient.dispose();
    });

    test('an evaluation that was interrupted is made up for by the resumed run, and tries no patience', async () => {
      const here = folder('interrupted-evaluation');
      const values = [0.1, 0.5, 0.4, 0.9, 0.3, 0.9];
      const part = (stopAt: number, resume: boolean) => {
        const controller = new AbortController();
        const evaluate = (_: unknown, { epoch }: { epoch: number }) => {
          if (epoch === stopAt) controller.abort();
          controller.signal.throwIfAborted();
          return { accuracy: values[epoch - 1]! };
        };
        return makeRun({ folder: here, evaluate, patience: 2, resume, signal: controller.signal });
      };
      // In the middle, again, and at the very end.
      for (const [stopAt, steps] of [
        [4, 16],
        [4, 16],
        [6, 24],
      ] as const) {
        const { run, dispose } = part(stopAt, existsSync(join(here, 'last.safetensors')));
        const { reason, ...result } = await trainLoop(run);
        expect([reason, result.steps, result.rows.length]).toEqual(['interrupted', steps, stopAt - 1]);
        await dispose();
      }
      expect(existsSync(join(here, 'final.safetensors'))).toBe(false);
      const last = part(0, true);
      const { reason, best, rows } = await trainLoop(last.run);
      expect([reason, best!.epoch]).toEqual(['finished', 4]);
      expect(rows.map((row) => row['val/accuracy'])).toEqual(values);
      await last.dispose();
    });

    test('patience is of epochs, however rarely they are evaluated, and wants a metric', async () => {
      const evaluate = () => ({ accuracy: Number.NaN });
      const { run, dispose } = makeRun({ evaluate, patience: 3, evaluateEvery: 2 });
      expect(await trainLoop(run)).toMatchObject({ reason: 'patience', steps: 16, best: undefined });
      const { best: _, ...blind } = run;
      await expect(trainLoop(blind)).rejects.toThrow('patience must be given with evaluate and best');
      await dispose();
    });

    /** Milliseconds; moved by steps and evaluations alone. */
    let now = 0;
    const STEP = 1000;
    const EVALUATION = 5000;
    beforeEach(() => {
      vi.spyOn(performance, 'now').mockImplementation(() => now);
    });
    afterEach(() => void vi.restoreAllMocks());
    const timed: Parameters<typeof makeRun>[0] = {
      seconds: 60,
      // So many updates that the clock ends it.
      epochs: 1000,
      schedule: cosine(0.01, { steps: 4000 }),
      step(...args) {
        now += STEP;
        return step(...args);
      },
      evaluate() {
        now += EVALUATION;
        return { accuracy: 1 };
      },
    };
    /** One that is interrupted while it takes that step. */
    const stoppedIn = (last: number, more: Parameters<typeof makeRun>[0]) => {
      const controller = new AbortController();
      return makeRun({
        ...{ ...timed, ...more, signal: controller.signal },
        step(weights, batch, context) {
          if (context.step === last) controller.abort();
          return timed.step!(weights, batch, context);
        },
      });
    };

    test('by the clock, evaluations included, with its schedule laid over the time', async () => {
      const lefts: number[] = [];
      const rates: number[] = [];
      const progress = {
        update: ({ secondsLeft, learningRate }: { secondsLeft: number; learningRate: number }) => {
          lefts.push(secondsLeft);
          rates.push(learningRate);
        },
        line: () => {},
        stop: () => {},
      };
      const began = now;
      const { run, dispose } = makeRun({ ...timed, progress });
      const result = await trainLoop(run);
      // Six epochs of four updates and an evaluation, 54 s; one more update, and the last evaluation.
      expect([result.reason, result.steps, (now - began) / 1000]).toEqual(['time', 25, 60]);
      expect(result.rows.map((row) => 'val/accuracy' in row)).toEqual(Array(7).fill(true));
      expect(lefts.slice(0, 5)).toEqual([59, 58, 57, 56, 50]);
      // After the first evaluation it is known that 55 s are for learning.
      expect(rates[4]).toBeCloseTo(0.005 * (1 + Math.cos((Math.PI * 10) / 55)), 10);
      expect(rates.at(-1)).toBeCloseTo(0, 10);
      for (const [i, rate] of rates.slice(1).entries()) expect(rate).toBeLessThan(rates[i]!);
      await dispose();
    });

    test('an interruption costs none of the time, and what has ended by it stays so', async () => {
      const here = folder('time');
      const first = stoppedIn(5, { folder: here });
      expect(await trainLoop(first.run)).toMatchObject({ reason: 'interrupted', steps: 6 });
      await first.dispose();
      now += 3_600_000;
      for (let part = 0; part < 2; part++) {
        const next = makeRun({ ...timed, folder: here, resume: true });
        expect(await trainLoop(next.run)).toMatchObject({ reason: 'time', steps: 25 });
        await next.dispose();
      }
      const longer = makeRun({ ...timed, folder: here, resume: true, seconds: 70, allowChanges: true });
      const { reason, steps } = await trainLoop(longer.run);
      expect([reason, steps > 25]).toEqual(['time', true]);
      await longer.dispose();
    });

    test('a resumed run knows how long an evaluation takes', async () => {
      const here = folder('time-evaluations');
      const began = now;
      // In the sixth epoch, at 46 s: there is time for one more update and an evaluation.
      const first = stoppedIn(20, { folder: here, seconds: 52 });
      expect(await trainLoop(first.run)).toMatchObject({ reason: 'interrupted', steps: 21 });
      await first.dispose();
      const next = makeRun({ ...timed, folder: here, resume: true, seconds: 52 });
      const { reason } = await trainLoop(next.run);
      expect([reason, (now - began) / 1000]).toEqual(['time', 52]);
      await next.dispose();
    });

    test('less time than for one update is enough for one', async () => {
      const { run, dispose } = makeRun({ ...timed, seconds: 0.5 });
      expect(await trainLoop(run)).toMatchObject({ reason: 'time', steps: 1, rows: [{ 'val/accuracy': 1 }] });
      await expect(trainLoop({ ...run, seconds: 0 })).rejects.toThrow('seconds must be a number above 0');
      await dispose();
    });
  },
  ['native', 'js'],
);

test('a warm-up counts the updates that are done, whatever part of the schedule they stand for', () => {
  const schedule = withWarmUp(multiStep(1, { milestones: [100] }), { steps: 10, factor: 0.1 });
  expect(schedule(99, 5)).toBeCloseTo(0.55, 12);
  expect(schedule(100, 20)).toBeCloseTo(0.1, 12);
});
