/** Timing of contenders that take turns in one process. */
import type { Tensor } from '@tensorflow/tfjs-core';

/** What is timed; its result is disposed outside the measured time. */
export type Job = () => Tensor | Tensor[];

export interface Timing {
  readonly medianMs: number;
  readonly minMs: number;
  /** Median of the processor time that all threads of the process took: what other processes do hardly changes it. */
  readonly cpuMs: number;
}

interface Sample {
  readonly wall: number;
  readonly cpu: number;
}

/** Runs the jobs in turn, so that a slow phase of the machine hits all of them alike. Kernels of the native CPU are done on return. */
export function interleaved<Name extends string>(
  jobs: Readonly<Record<Name, Job>>,
  rounds: number,
): Record<Name, Timing> {
  const names = Object.keys(jobs) as Name[];
  const samples = Object.fromEntries(names.map((name) => [name, [] as Sample[]])) as Record<Name, Sample[]>;
  for (let round = -1; round < rounds; round++) {
    for (const name of names) {
      const cpuStart = process.cpuUsage();
      const start = performance.now();
      const result = jobs[name]();
      const wall = performance.now() - start;
      const { user, system } = process.cpuUsage(cpuStart);
      for (const tensor of Array.isArray(result) ? result : [result]) tensor.dispose();
      // The first round warms caches and memory up.
      if (round >= 0) samples[name].push({ wall, cpu: (user + system) / 1000 });
    }
  }
  const timing = (taken: readonly Sample[]): Timing => {
    const wall = taken.map((sample) => sample.wall).sort((a, b) => a - b);
    const cpu = taken.map((sample) => sample.cpu).sort((a, b) => a - b);
    return { medianMs: wall[wall.length >> 1]!, minMs: wall[0]!, cpuMs: cpu[cpu.length >> 1]! };
  };
  return Object.fromEntries(names.map((name) => [name, timing(samples[name])])) as Record<Name, Timing>;
}

export function geometricMean(values: readonly number[]): number {
  return Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);
}
