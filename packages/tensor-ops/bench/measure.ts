/** Timing of contenders that take turns, and the report. */
import { dispose, type Tensor, type TensorContainer } from '@tensorflow/tfjs-core';

/** One contender: does the job `repeat` times and gives the milliseconds of one on average. */
export type Contender = (repeat: number) => Promise<number>;

export interface Timing {
  readonly medianMs: number;
  readonly minMs: number;
  /** Of the middle half of the turns, as a share of the median: what a difference must exceed to mean something. */
  readonly spread: number;
  readonly runs: number;
}

export interface Result {
  readonly name: string;
  readonly native: Timing;
  readonly peer?: Timing;
  /** Largest relative difference to the peer (without one: to the portable kernels), or whether the same boxes are kept. */
  readonly answer: string;
}

const WARM_UPS = 2;
const BUDGET_MS = 2500;
/** Short jobs are repeated until a turn lasts about this long, so that what a change of processes costs is not measured. */
const TURN_MS = 5;

/** Runs the contenders in turn, so that a slow phase of the machine hits all of them alike. */
export async function interleaved(contenders: readonly Contender[]): Promise<Timing[]> {
  const repeats: number[] = [];
  let round = 0;
  for (const contender of contenders) {
    let ms = 0;
    for (let i = 0; i < WARM_UPS; i++) ms = await contender(1);
    const repeat = Math.max(1, Math.min(Math.round(TURN_MS / ms), 100));
    repeats.push(repeat);
    round += repeat * ms;
  }
  const turns = Math.min(Math.max(Math.ceil(BUDGET_MS / round), 5), 60);
  const samples: number[][] = contenders.map(() => []);
  for (let i = 0; i < turns; i++) {
    for (const [c, contender] of contenders.entries()) samples[c]!.push(await contender(repeats[c]!));
  }
  return samples.map((times, c) => ({ ...summarize(times), runs: turns * repeats[c]! }));
}

/** @param times - milliseconds of each turn */
export function summarize(times: readonly number[]): Omit<Timing, 'runs'> {
  const sorted = [...times].sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.floor(share * (sorted.length - 1) + 0.5)]!;
  return { medianMs: at(0.5), minMs: sorted[0]!, spread: (at(0.75) - at(0.25)) / at(0.5) };
}

/** A contender that runs in this process. @param run - gives a tensor, which is disposed, or numbers. */
export function inProcess(run: () => Tensor | readonly ArrayLike<number>[]): Contender {
  return async (repeat) => {
    let elapsed = 0;
    for (let i = 0; i < repeat; i++) {
      const start = performance.now();
      const result = run();
      elapsed += performance.now() - start;
      dispose(result as TensorContainer);
    }
    return elapsed / repeat;
  };
}

export function reportLine({ name, native, peer, answer }: Result): string {
  const ms = (timing: Timing) => `${timing.medianMs.toFixed(2).padStart(8)} ms (min ${timing.minMs.toFixed(2)})`;
  const other =
    peer === undefined ? '' : `  torchvision ${ms(peer)}  ${(peer.medianMs / native.medianMs).toFixed(1).padStart(6)}x`;
  return `${name.padEnd(42)} native ${ms(native)}${other}  ${answer}`;
}

/** A seeded generator of numbers in [0, 1) (mulberry32). */
export function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let x = Math.imul(state ^ (state >>> 15), 1 | state);
    x = (x + Math.imul(x ^ (x >>> 7), 61 | x)) ^ x;
    return ((x ^ (x >>> 14)) >>> 0) / 2 ** 32;
  };
}
