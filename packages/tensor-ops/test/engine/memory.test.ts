/** Native operators where memory ends, in processes that may have little more of it than they have: a typed error, and no death. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { bundled } from '@icconv/test-utils';
import { beforeAll, describe, expect, it } from 'vitest';
import { useEngine } from '../../src/engine';

const OPERATORS = [
  'nms',
  'grouping',
  'inception',
  'fused',
  'conv',
  'program',
  'dilationErrors',
  'maxPool',
  'sgd',
  'batchNorm',
  'imageBatch',
  'keypointMaps',
  'roiAlign',
  'upload',
  'download',
];

const script = await bundled(fileURLToPath(new URL('./capped.ts', import.meta.url)));

async function run(operator: string, kilobytes: number): Promise<[capped: string, free: string]> {
  const child = spawn(process.execPath, [script, operator, String(kilobytes)]);
  const [[code, signal], out, err] = await Promise.all([once(child, 'close'), text(child.stdout), text(child.stderr)]);
  expect({ code, signal, err: code === 0 ? '' : err.slice(-2000) }).toEqual({ code: 0, signal: null, err: '' });
  return JSON.parse(out.trim().split('\n').at(-1)!);
}

const limits = spawnSync('prlimit', ['--version']).status === 0;

describe.skipIf(!limits)('where memory ends', () => {
  let missing: string | undefined;
  beforeAll(async () => {
    missing = await useEngine({ device: 'cpu', threads: 2 }).then(
      () => undefined,
      (error: Error) => error.message,
    );
  });

  it.each(OPERATORS)('%s', { timeout: 120_000 }, async (operator) => {
    if (missing !== undefined) return;
    // Enough to begin with, and not enough for the result.
    const [capped, free] = await run(operator, 40_000);
    expect(free).toBe('done');
    expect(capped).toMatch(/^ICCONV_OUT_OF_MEMORY \d+$/);
  });
});
