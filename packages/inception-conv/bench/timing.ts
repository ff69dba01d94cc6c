/** Timing of contenders that take turns in one process. */
import type { Tensor } from '@tensorflow/tfjs-core';

/** What is timed; its result is disposed outside the measured time. */
export type Job = () => Tensor | Tensor[];

export interface Timing {
  readonly medianMs: number;
  readonly minMs: number;
}

/** Runs the jobs in turn, so that a slow phase of the machine hits all of them alike. Kernels of the native CPU are done on return. */
export function interleaved<Name extends string>(
  jobs: Readonly<Record<Name, Job>>,
  rounds: number,
): Record<Name, Timing> {
  const names = Object.keys(jobs) as Name[];
  const samples = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<Name, number[]>;
  for (let round = -1; round < rounds; round++) {
    for (const name of names) {
      const start = performance.now();
      const result = jobs[name]();
      const elapsed = performance.now() - start;
      for (const tensor of Array.isArray(result) ? result : [result]) tensor.dispose();
      // The first round warms caches and memory up.
      if (round >= 0) samples[name].push(elapsed);
    }
  }
  const timing = (times: number[]): Timing => {
    const sorted = [...times].sort((a, b) => a - b);
    return { medianMs: sorted[sorted.length >> 1]!, minMs: sorted[0]! };
  };
  return Object.fromEntries(names.map((name) => [name, timing(samples[name])])) as Record<Name, Timing>;
}

export function geometricMean(values: readonly number[]): number {
  return Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);
}
