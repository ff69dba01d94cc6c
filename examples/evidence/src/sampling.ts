/**
 * Single path one-shot search over dilations, whatever the network: patterns drawn evenly, their taps in a super-kernel, and an evolution over
 * them. All channels of a network are one list.
 *
 * Source: Guo et al., "Single Path One-Shot Neural Architecture Search with Uniform Sampling", ECCV 2020, arXiv 1904.00420.
 */
import { allDilations, superSize, tapMask } from '@icconv/edo';
import type { Dilation } from '@icconv/inception-conv';
import type { Random } from '@icconv/training';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';

/** What a pattern is drawn from. */
export interface Choices {
  readonly channels: number;
  readonly maxDilation: number;
}

export interface Evolution {
  /** Patterns of a generation. */
  readonly population: number;
  readonly generations: number;
  /** Share of channels that a mutation draws anew. */
  readonly mutation: number;
}

export function drawDilations({ channels, maxDilation }: Choices, random: Random): Dilation[] {
  const all = allDilations(maxDilation);
  return Array.from({ length: channels }, () => all[random.below(all.length)]!);
}

/** float32 [K, K, 1, O]: 1 at the nine taps of each channel's dilation. */
export function tapsOf(dilations: readonly Dilation[], maxDilation: number): Tensor4D {
  const side = superSize({ maxDilation, kernelSize: 3 });
  const mask = new Float32Array(side * side * dilations.length);
  for (const [o, dilation] of dilations.entries()) {
    for (const [tap, kept] of tapMask(dilation, side).entries()) mask[tap * dilations.length + o] = kept;
  }
  return tf.tensor4d(mask, [side, side, 1, dilations.length]);
}

/**
 * Half of every generation crosses two parents out of the best quarter, half mutates one.
 *
 * @param fitness - larger is better.
 * @returns the best pattern that was seen.
 */
export function evolve(
  { population, generations, mutation }: Evolution,
  choices: Choices,
  random: Random,
  fitness: (pattern: readonly Dilation[]) => number,
): Dilation[] {
  const all = allDilations(choices.maxDilation);
  const parents = Math.ceil(population / 4);
  let best: { pattern: Dilation[]; value: number }[] = [];
  let candidates = Array.from({ length: population }, () => drawDilations(choices, random));
  for (let generation = 0; generation < generations; generation++) {
    const valued = candidates.map((pattern) => ({ pattern, value: fitness(pattern) }));
    best = [...best, ...valued].sort((a, b) => b.value - a.value).slice(0, parents);
    const parent = () => best[random.below(best.length)]!.pattern;
    candidates = Array.from({ length: population }, (_, i) => {
      const [one, other] = [parent(), parent()];
      return one.map((dilation, o) => {
        if (i % 2 === 0) return random.next() < 0.5 ? dilation : other[o]!;
        return random.next() < mutation ? all[random.below(all.length)]! : dilation;
      });
    });
  }
  return best[0]!.pattern;
}
