/** Runs of several workers, each in a process of its own. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describeBackends, freePorts, type WorkerProcess, workerProcesses } from '@icconv/test-utils';
import { afterAll, expect, test } from 'vitest';
import { activate } from '../support/activate';
import type { WorkerOptions } from './cluster-worker';

const root = mkdtempSync(join(tmpdir(), 'icconv-cluster-'));
afterAll(() => rmSync(root, { recursive: true }));
const script = fileURLToPath(new URL('./cluster-worker.ts', import.meta.url));
const TIMEOUT = { timeout: 400_000 };

interface Result {
  readonly reason: string;
  readonly steps: number;
  readonly best: object;
  readonly rows: readonly Record<string, number>[];
  readonly prints: string;
  readonly weights: Record<string, number[]>;
  readonly leaked: number;
  readonly error?: string;
  readonly code?: string;
  readonly lost?: number[];
}

let addresses: string[];
async function run(size: number, options: WorkerOptions, watch?: (workers: readonly WorkerProcess[]) => Promise<void>) {
  addresses = (await freePorts(size)).map((port) => `127.0.0.1:${port}`);
  const lists = addresses.map((_, index) => [String(index), addresses.join(), JSON.stringify(options)]);
  const ends = await workerProcesses(script, lists, watch);
  return ends.map(({ code, signal, result, stderr }) => {
    if (result === undefined && signal === null) throw new Error(`a worker ended with ${code}: ${stderr}`);
    return result as Result;
  });
}

/** The largest difference, by the size of the weight. */
function difference(a: Record<string, number[]>, b: Record<string, number[]>): number {
  expect(Object.keys(a)).toEqual(Object.keys(b));
  return Math.max(
    ...Object.entries(a).map(([name, values]) => {
      const most = Math.max(1e-6, ...values.map(Math.abs));
      return Math.max(...values.map((value, i) => Math.abs(value - b[name]![i]!))) / most;
    }),
  );
}

/** Two workers, batches of two, nothing in the way; once for all that is compared with it. */
let undisturbed: Promise<Result[]> | undefined;
const unbroken = () => {
  undisturbed ??= run(2, { batchSize: 2, folder: join(root, 'unbroken') });
  return undisturbed;
};

describeBackends(
  'a run of several workers',
  activate,
  () => {
    test.each([
      [2, 1],
      [2, 2],
      [3, 1],
    ])(
      '%i workers, %i batches an update: the weights of one with the batches of all',
      TIMEOUT,
      async (size, accumulate) => {
        const here = join(root, `${size} ${accumulate}`);
        const common = { accumulate, frozen: accumulate > 1, dropLast: size === 3, epochs: size === 3 ? 20 : 7 };
        const [whole] = await run(1, { ...common, batchSize: 2 * size });
        const all = await run(size, { ...common, batchSize: 2, folder: here });
        expect(whole!.steps).toBe(size === 3 ? 20 : accumulate === 1 ? 21 : 14);
        for (const one of all) {
          expect(one.steps).toBe(whole!.steps);
          expect(one.prints).toBe(all[0]!.prints);
          expect(one.rows).toEqual(all[0]!.rows);
          expect(one.best).toEqual(all[0]!.best);
          expect(one.leaked).toBe(0);
        }
        expect(difference(whole!.weights, all[0]!.weights)).toBeLessThan(1e-5);
        for (const [i, row] of all[0]!.rows.entries()) {
          for (const [name, value] of Object.entries(row)) expect(value, name).toBeCloseTo(whole!.rows[i]![name]!, 5);
        }
        expect(readdirSync(here).sort()).toEqual([
          'best.safetensors',
          'final.safetensors',
          'last.safetensors',
          'results.csv',
          'tensorboard',
        ]);
      },
    );

    test('batch norms of all workers’ batches: the weights of one with the batches of all', TIMEOUT, async () => {
      const [whole] = await run(1, { batchSize: 4, dropLast: true, epochs: 10, norms: 'synchronised' });
      const [first, second] = await run(2, { batchSize: 2, dropLast: true, epochs: 10, norms: 'synchronised' });
      const [local] = await run(2, { batchSize: 2, dropLast: true, epochs: 10, norms: 'local' });
      expect(whole!.steps).toBe(20);
      expect(first!.prints).toBe(second!.prints);
      expect([first!.leaked, second!.leaked]).toEqual([0, 0]);
      expect(difference(whole!.weights, first!.weights)).toBeLessThan(1e-5);
      expect(difference(whole!.weights, local!.weights)).toBeGreaterThan(1e-2);
    });

    test('by the clock: all end with the same update, at the same rate', TIMEOUT, async () => {
      const ends = await run(2, { batchSize: 2, epochs: 1000, seconds: 2, pause: 50 });
      for (const { reason, steps, prints, rows } of ends) {
        expect([reason, steps < 45, prints, rows]).toEqual(['time', true, ends[0]!.prints, ends[0]!.rows]);
      }
    });

    test.each([1, 0])(
      'worker %i is killed: the other names it, and a resumed run has the bits of an unbroken one',
      TIMEOUT,
      async (victim) => {
        const options = { batchSize: 2, pause: 50 };
        const here = join(root, `killed ${victim}`);
        const ends = await run(2, { ...options, folder: here }, async (processes) => {
          await processes[victim]!.saw('step 7');
          processes[victim]!.process.kill('SIGKILL');
        });
        expect(ends[1 - victim]).toMatchObject({ code: 'ICCONV_CLUSTER', lost: [victim] });
        expect(ends[1 - victim]!.error).toContain(`worker ${victim} (${addresses[victim]}) is lost`);
        const resumed = await run(2, { ...options, folder: here });
        const whole = await unbroken();
        expect(resumed.map(({ prints }) => prints)).toEqual(whole.map(({ prints }) => prints));
        expect(resumed[0]!.rows).toEqual(whole[0]!.rows);
      },
    );

    test('Ctrl-C at one stops all after the same step; another number of workers may go on', TIMEOUT, async () => {
      const here = join(root, 'interrupted');
      const ends = await run(2, { batchSize: 2, pause: 100, folder: here }, async (processes) => {
        await processes[1]!.saw('step 7');
        processes[1]!.process.kill('SIGINT');
      });
      expect(ends.map(({ reason }) => reason)).toEqual(['interrupted', 'interrupted']);
      expect(ends[0]!.steps).toBe(ends[1]!.steps);
      expect(ends[0]!.steps).toBeLessThan(12);
      const [alone] = await run(1, { batchSize: 2, folder: here });
      // Six epochs of five batches of two, of ten pictures.
      expect(alone).toMatchObject({ reason: 'finished', steps: 30 });
      expect(alone!.rows.map(({ epoch }) => epoch)).toEqual([1, 2, 3, 4, 5, 6]);
    });

    test('different settings are refused, and named', TIMEOUT, async () => {
      const settings = { recipe: { batchSize: 2, rate: 0.1 } };
      const settingsOf1 = { recipe: { batchSize: 2, rate: 0.2 } };
      const ends = await run(2, { batchSize: 2, settings, settingsOf1 });
      for (const end of ends) {
        expect(end).toMatchObject({ code: 'ICCONV_CLUSTER', lost: [1] });
        expect(end.error).toBe(
          'cluster: the workers are to train different things:\n  settings.recipe.rate: 0.1 on worker 0, 0.2 on worker 1',
        );
      }
    });

    test.each([
      ['throws', 'no such picture'],
      ['nan', 'loss total is not finite at step 5'],
    ] as const)('what %s at one worker ends the other with its reason', TIMEOUT, async (trouble, reason) => {
      const [first, second] = await run(2, { batchSize: 2, trouble });
      expect(second!.error).toContain(reason);
      expect(first).toMatchObject({ code: 'ICCONV_CLUSTER', lost: [1] });
      expect(first!.error).toContain(`worker 1 (${addresses[1]}) ended: ${reason}`);
    });

    test('an evaluation that fails at worker 0 ends the other with its reason', TIMEOUT, async () => {
      const [first, second] = await run(2, { batchSize: 2, evaluationFails: true });
      expect(first!.error).toBe('no room for the evaluation');
      expect(second!.error).toContain(`worker 0 (${addresses[0]}) ended: no room for the evaluation`);
    });

    test('a gradient that one worker lacks is 0 there', TIMEOUT, async () => {
      const ends = await run(2, { batchSize: 2, trouble: 'no gradient' });
      const [plain] = await unbroken();
      expect(ends.map(({ reason }) => reason)).toEqual(['finished', 'finished']);
      expect(ends[0]!.prints).toBe(ends[1]!.prints);
      expect(ends[0]!.leaked + ends[1]!.leaked).toBe(0);
      expect(ends[0]!.weights['fc.bias']).not.toEqual(plain!.weights['fc.bias']);
    });
  },
  ['native'],
);
