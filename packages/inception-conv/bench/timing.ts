/** Timing of contenders that take turns in one process. */
import type { Tensor } from '@tensorflow/tfjs-core';
import { summarize, type Timing as WallTiming } from '../../tensor-ops/bench/measure';

/** What is timed; its result is disposed outside the measured time. */
export type Job = () => Tensor | Tensor[];

export interface Timing extends Omit<WallTiming, 'runs'> {
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
    const cpu = taken.map((sample) => sample.cpu).sort((a, b) => a - b);
    return { ...summarize(taken.map(({ wall }) => wall)), cpuMs: cpu[cpu.length >> 1]! };
  };
  return Object.fromEntries(names.map((name) => [name, timing(samples[name])])) as Record<Name, Timing>;
}

export function geometricMean(values: readonly number[]): number {
  return Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);
}
