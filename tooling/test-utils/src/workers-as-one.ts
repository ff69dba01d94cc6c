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
}

/** Tests that two and three workers with batches of two have the weights of one with all of them. @param noun - `a detector`. */
export function describeWorkersAsOne(noun: string, { activate, script, load }: WorkersAsOneOptions): void {
  const root = mkdtempSync(join(tmpdir(), 'icconv-workers-'));
  afterAll(() => rmSync(root, { recursive: true }));
  const path = fileURLToPath(script);
  const tests = () =>
    test.each([2, 3])('of %i workers has the weights of one', { timeout: 400_000 }, async (size) => {
      const folders = [join(root, `one ${size}`), join(root, `many ${size}`)] as const;
      await workersTogether(path, 1, [String(2 * size), folders[0]]);
      const [{ result }] = (await workersTogether(path, size, ['2', folders[1]])) as [WorkerEnd];
      expect(result).toEqual({ found: expect.any(Number), alike: true });
      expect((result as { found: number }).found).toBeGreaterThan(size);
      const runs = await Promise.all(folders.map((folder) => load(join(folder, 'run/last.safetensors'))));
      const [one, many] = runs as [Trained, Trained];
      expect([one.step, many.step]).toEqual([20, 20]);
      for (const kind of ['model', 'ema'] as const) {
        expect(Object.keys(many[kind])).toEqual(Object.keys(one[kind]));
        for (const [name, tensor] of Object.entries(one[kind])) {
          expect(maxRelativeError(many[kind][name]!.dataSync(), tensor.dataSync()), name).toBeLessThan(1e-5);
        }
      }
      dispose(runs.flatMap(({ model, buffers, ema }) => [model, buffers, ema].flatMap((all) => Object.values(all))));
    });
  describeBackends(noun, activate, tests, ['native']);
}
