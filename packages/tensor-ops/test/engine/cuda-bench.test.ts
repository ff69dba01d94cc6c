/** `pnpm bench cuda` where there is no GPU, and what it reports where there is one. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { cudaLine, lines } from '../../bench/cuda.bench';
import { hasNvidiaDriver } from '../../src/installed/nvidia-driver';

describe('the benchmark of a GPU', () => {
  it.skipIf(hasNvidiaDriver())('says in one line that there is none', () => {
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      ['--import', 'tsx', '--conditions=icconv-source', 'bench/index.ts', 'cuda', '--json'],
      { cwd: fileURLToPath(new URL('../..', import.meta.url)), encoding: 'utf8' },
    );
    expect({ status, stdout }).toEqual({ status: 0, stdout: '' });
    expect(stderr).toMatch(/^cuda: nothing to measure; .+\n$/);
  });

  it('reports each contender beside the plain one of its precision, and its share of the peak', () => {
    // A peak of 1.024 TFLOP/s in float32 and of 8.192 with TF32, of 100 GB/s.
    const device = {
      name: 'a GPU',
      architecture: 90,
      multiprocessors: 4,
      clockKhz: 1e6,
      memoryClockKhz: 1e6,
      busBits: 400,
    };
    const work = { flops: 1.024e9, bytes: 1e6 };
    const timing = (medianMs: number) => ({ medianMs, minMs: medianMs, spread: 0, runs: 5 });
    const entries = [
      { contender: 'icconv, tf32', precision: 'tf32', work, plain: 'plain, tf32' },
      { contender: 'plain, tf32', precision: 'tf32', work, plain: 'plain, tf32' },
      { contender: 'icconv, float32', precision: 'float32', work, plain: 'plain, tf32' },
      { contender: 'copy', precision: 'float32', work: { flops: 1, bytes: 1e8 }, plain: 'plain, tf32' },
    ] as const;
    const got = lines('job', entries, [timing(1.05), timing(1), timing(2), timing(4)], device);
    expect(got.map(({ contender, bound }) => [contender, bound])).toEqual([
      ['icconv, tf32', 'arithmetic'],
      ['plain, tf32', 'arithmetic'],
      ['icconv, float32', 'arithmetic'],
      ['copy', 'memory'],
    ]);
    expect(got.map(({ overPlain }) => overPlain)).toEqual([1.05, 1, 2, 4]);
    [0.125 / 1.05, 0.125, 0.5, 0.25].forEach((share, i) => void expect(got[i]!.shareOfPeak).toBeCloseTo(share, 12));
    expect(cudaLine(got[2]!)).toContain('2.000 ms (min 2.000)    2.00 of plain  50 % of peak arithmetic');
  });
});
