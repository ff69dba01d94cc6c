/** Several workers train what one would with their batches together. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describeBackends, maxRelativeError, workersTogether } from '@icconv/test-utils';
import { loadCheckpoint } from '@icconv/training/node';
import { dispose } from '@tensorflow/tfjs-core';
import { afterAll, expect, test } from 'vitest';
import { activate } from '../support/activate';

const root = mkdtempSync(join(tmpdir(), 'icconv-pose-cluster-'));
afterAll(() => rmSync(root, { recursive: true }));
const script = fileURLToPath(new URL('./cluster-worker.ts', import.meta.url));

describeBackends(
  'a pose estimator',
  activate,
  () => {
    test.each([2, 3])('of %i workers has the weights of one', { timeout: 400_000 }, async (size) => {
      const folders = [join(root, `one ${size}`), join(root, `many ${size}`)] as const;
      await workersTogether(script, 1, [String(2 * size), folders[0]]);
      await workersTogether(script, size, ['2', folders[1]]);
      const [one, many] = await Promise.all(
        folders.map((folder) => loadCheckpoint(join(folder, 'run/last.safetensors'))),
      );
      expect([one!.step, many!.step]).toEqual([20, 20]);
      for (const kind of ['model', 'ema'] as const) {
        expect(Object.keys(many![kind])).toEqual(Object.keys(one![kind]));
        for (const [name, tensor] of Object.entries(one![kind])) {
          expect(maxRelativeError(many![kind][name]!.dataSync(), tensor.dataSync()), name).toBeLessThan(1e-5);
        }
      }
      dispose([one!, many!].flatMap(({ model, buffers, ema }) => [model, buffers, ema]));
    });
  },
  ['native'],
);
