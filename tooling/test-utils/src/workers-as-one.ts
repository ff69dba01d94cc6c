/** Several workers train what one would with their batches together. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { dispose, type Tensor } from '@tensorflow/tfjs-core';
import { afterAll, expect, test } from 'vitest';
import { type Backend, describeBackends } from './backends';
import { maxRelativeError } from './tolerance';
import { type WorkerEnd, workersTogether } from './worker-processes';

type Weights = Readonly<Record<string, Tensor>>;

interface Trained {
  readonly step: number;
  readonly model: Weights;
  readonly buffers: Weights;
  readonly ema: Weights;
}

export interface WorkersAsOneOptions {
  readonly activate: (backend: Backend) => Promise<string | undefined>;
  /** `tsx SCRIPT INDEX ADDRESS,ADDRESS BATCH FOLDER` trains 20 steps of batches of that size into `run` of the folder; worker 0 tells what all found in an evaluation, and whether one alone finds the same. */
  readonly script: URL;
  /** Reads a checkpoint. */
  readonly load: (path: string) => Promise<Trained>;
  /** Also with other batch norms than fixed ones, which the script takes behind the folder, with the number of steps. */
  readonly norms?: readonly NormRun[];
}

interface NormRun {
  readonly workers: number;
  /** Of several workers, and of one. */
  readonly many: string;
  readonly one: string;
  readonly steps: number;
  readonly limit: number;
}

/** Tests that two and three workers with batches of two have the weights of one with all of them. @param noun - `a detector`. */
export function describeWorkersAsOne(noun: string, { activate, script, load, norms = [] }: WorkersAsOneOptions): void {
  const root = mkdtempSync(join(tmpdir(), 'icconv-workers-'));
  afterAll(() => rmSync(root, { recursive: true }));
  const path = fileURLToPath(script);

  async function compare(
    workers: number,
    more: readonly [many: string[], one: string[]],
    steps: number,
    limit: number,
  ) {
    const folders = mkdtempSync(join(root, 'run-'));
    const [one, many] = [join(folders, 'one'), join(folders, 'many')];
    await workersTogether(path, 1, [String(2 * workers), one, ...more[1]]);
    const [{ result }] = (await workersTogether(path, workers, ['2', many, ...more[0]])) as [WorkerEnd];
    expect(result).toEqual({ found: expect.any(Number), alike: true });
    expect((result as { found: number }).found).toBeGreaterThan(workers);
    const runs = await Promise.all([many, one].map((folder) => load(join(folder, 'run/last.safetensors'))));
    const [ofMany, ofOne] = runs as [Trained, Trained];
    expect([ofOne.step, ofMany.step]).toEqual([steps, steps]);
    for (const kind of ['model', 'ema'] as const) {
      expect(Object.keys(ofMany[kind])).toEqual(Object.keys(ofOne[kind]));
      for (const [name, tensor] of Object.entries(ofOne[kind])) {
        expect(maxRelativeError(ofMany[kind][name]!.dataSync(), tensor.dataSync()), name).toBeLessThan(limit);
      }
    }
    dispose(runs.flatMap(({ model, buffers, ema }) => [model, buffers, ema].flatMap((all) => Object.values(all))));
  }

  const tests = () => {
    test.each([2, 3])('of %i workers has the weights of one', { timeout: 400_000 }, (workers) =>
      compare(workers, [[], []], 20, 1e-5),
    );
    for (const { workers, many, one, steps, limit } of norms) {
      test(`of ${workers} workers has the weights of one, norms ${many}`, { timeout: 400_000 }, () =>
        compare(
          workers,
          [
            [many, String(steps)],
            [one, String(steps)],
          ],
          steps,
          limit,
        ),
      );
    }
  };
  describeBackends(noun, activate, tests, ['native']);
}
