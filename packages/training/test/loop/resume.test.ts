/** Runs that are cut off end with the very bits of an unbroken run. */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundled, describeBackends } from '@icconv/test-utils';
import { afterAll, expect, test } from 'vitest';
import { CheckpointError, sgd } from '../../src';
import { checkRun, trainLoop } from '../../src/node';
import { activate } from '../support/activate';
import { accuracy, fingerprint, makeRun, step } from './tiny';

const root = mkdtempSync(join(tmpdir(), 'icconv-resume-'));
afterAll(() => rmSync(root, { recursive: true }));
/** Without the column of times. */
const csv = (folder: string) => {
  const [header, ...rows] = readFileSync(join(folder, 'results.csv'), 'utf8').trim().split('\n');
  const time = header!.split(',').indexOf('seconds');
  return [header!, ...rows].map((line) => line.split(',').filter((_, column) => column !== time));
};

async function whole(folder: string, options: Parameters<typeof makeRun>[0] = {}) {
  const { run, weights, averages, optimizer, dispose } = makeRun({ folder, ...options });
  try {
    const result = await trainLoop(run);
    return { result, print: fingerprint(weights, averages.weights(), optimizer.buffers()) };
  } finally {
    await dispose();
  }
}

describeBackends(
  'resume',
  activate,
  (backend) => {
    const folder = (name: string) => join(root, backend, name);

    test.each([1, 3])('after interruptions anywhere, %i batches an update', async (accumulate) => {
      const options = { accumulate, checkpointEverySteps: 2 };
      const unbroken = await whole(folder(`unbroken ${accumulate}`), options);
      expect(unbroken.result.reason).toBe('finished');
      expect(unbroken.result.steps).toBe(accumulate === 1 ? 24 : 12);
      expect(unbroken.result.best!.value).toBeGreaterThan(0.8);

      const broken = folder(`broken ${accumulate}`);
      let last: Awaited<ReturnType<typeof whole>> | undefined;
      for (let part = 0; last?.result.reason !== 'finished'; part++) {
        expect(part).toBeLessThan(20);
        const controller = new AbortController();
        let batches = 0;
        last = await whole(broken, {
          ...options,
          resume: true,
          signal: controller.signal,
          step(current, batch, context) {
            if (++batches === 5) controller.abort();
            return step(current, batch, context);
          },
        });
      }
      expect(last.print).toBe(unbroken.print);
      expect(csv(broken)).toEqual(csv(folder(`unbroken ${accumulate}`)));
      expect(last.result.best).toEqual(unbroken.result.best);
    });

    test.each([2, 6])('after an evaluation that fails, in epoch %i: no work of it is lost', async (epoch) => {
      const options = { evaluateEvery: 2, checkpointEvery: 3 };
      const unbroken = await whole(folder(`evaluated ${epoch}`), options);
      const broken = folder(`unevaluated ${epoch}`);
      const crash = whole(broken, {
        ...options,
        evaluate: (weights, context) => {
          if (context.epoch === epoch) throw new Error('no such picture');
          return accuracy(weights);
        },
      });
      await expect(crash).rejects.toThrow('no such picture');
      const steps: number[] = [];
      const { result, print } = await whole(broken, {
        ...options,
        resume: true,
        step(current, batch, context) {
          steps.push(context.step);
          return step(current, batch, context);
        },
      });
      expect(steps[0]).toBe(epoch === 6 ? undefined : 8);
      expect(print).toBe(unbroken.print);
      expect(csv(broken)).toEqual(csv(folder(`evaluated ${epoch}`)));
      expect(result.best).toEqual(unbroken.result.best);
      expect(existsSync(join(broken, 'final.safetensors'))).toBe(true);
    });

    test('after an error in the middle of an epoch', async () => {
      const unbroken = await whole(folder('calm'));
      const broken = folder('crash');
      const crash = whole(broken, {
        step(current, batch, context) {
          if (context.step === 13) throw new Error('power cut');
          return step(current, batch, context);
        },
      });
      await expect(crash).rejects.toThrow('power cut');
      const { result, print } = await whole(broken, { resume: true });
      expect(result.steps).toBe(24);
      expect(print).toBe(unbroken.print);
    });

    test('refuses other settings, names them all, and goes on where that is asked for', async () => {
      const here = folder('settings');
      const settings = { recipe: { batchSize: 4, schedule: { kind: 'cosine' }, seed: undefined }, classes: ['a'] };
      const first = makeRun({ folder: here, epochs: 1, settings });
      await trainLoop(first.run);
      await first.dispose();
      expect(await checkRun(here, { resume: true, settings })).toEqual([]);
      const changed = { recipe: { batchSize: 8, schedule: { kind: 'cosine' } }, classes: ['a', 'b'] };
      const { run, dispose } = makeRun({ folder: here, resume: true, settings: changed });
      await expect(trainLoop(run)).rejects.toThrow(
        /other settings:\n {2}recipe\.batchSize: 4 in the run, 8 now\n {2}classes: \["a"\] in the run, \["a","b"\] now\n/,
      );
      await expect(trainLoop(run)).rejects.toBeInstanceOf(CheckpointError);
      expect((await trainLoop({ ...run, allowChanges: true })).reason).toBe('finished');
      await dispose();
    });

    test('refuses what does not belong together', async () => {
      const here = folder('mixed');
      await whole(here, { epochs: 1 });
      const refused = async (options: Parameters<typeof makeRun>[0], text: string) => {
        const { run, dispose } = makeRun({ folder: here, resume: true, ...options });
        await expect(trainLoop(run)).rejects.toThrow(text);
        await expect(trainLoop(run)).rejects.toBeInstanceOf(CheckpointError);
        await dispose();
      };
      await refused({ resume: false }, 'the folder holds a run; go on with it (resume: true');
      await refused({ optimizer: sgd() }, 'is of optimizer adamw, this run has sgd');
      await refused({ seed: 9 }, 'is of seed 0, this run has 9');
      const other = makeRun({ folder: here, resume: true });
      other.weights['extra.weight'] = other.weights['fc.bias']!.clone();
      await expect(trainLoop(other.run)).rejects.toThrow('lacks weights of the model: extra.weight');
      await other.dispose();
    });
  },
  ['native', 'js'],
);

const script = await bundled(fileURLToPath(new URL('./killed-run.ts', import.meta.url)));

/** Runs the script; `onStep` may send a signal. Gives what it printed. */
function runProcess(
  folder: string,
  pause: number,
  onStep: (step: number, kill: (signal: NodeJS.Signals) => void) => void,
) {
  const child = spawn(process.execPath, [script, folder, String(pause)], { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk;
    for (const [, number] of String(chunk).matchAll(/step (\d+)/g))
      onStep(Number(number), (signal) => child.kill(signal));
  });
  return new Promise<{ output: string; signal: NodeJS.Signals | null; code: number | null }>((resolve) => {
    child.on('close', (code, signal) => resolve({ output, signal, code }));
  });
}

describeBackends(
  'killed processes',
  activate,
  () => {
    test('kill -9, then Ctrl-C, then to the end: the bits of an unbroken run', async () => {
      const folder = join(root, 'process');
      const killed = await runProcess(folder, 30, (at, kill) => {
        if (at === 6) kill('SIGKILL');
      });
      expect(killed.signal).toBe('SIGKILL');
      let sent = false;
      const interrupted = await runProcess(folder, 30, (at, kill) => {
        if (at < 10 || sent) return;
        sent = true;
        kill('SIGINT');
      });
      expect(interrupted.code).toBe(0);
      expect(interrupted.output).not.toContain('step 0\n');
      expect(JSON.parse(interrupted.output.trim().split('\n').at(-1)!)).toMatchObject({ reason: 'interrupted' });
      const finished = await runProcess(folder, 0, () => {});
      const { fingerprint: bits, reason, steps } = JSON.parse(finished.output.trim().split('\n').at(-1)!);
      expect([reason, steps]).toEqual(['finished', 24]);
      const unbroken = await whole(join(root, 'unbroken process'));
      expect(bits).toBe(unbroken.print);
    });
  },
  ['native'],
);
