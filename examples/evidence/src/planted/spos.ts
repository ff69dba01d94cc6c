/**
 * Single path one-shot search: one super-kernel whose weights all dilations share, trained with a pattern drawn evenly for each update; then
 * an evolution over patterns, each valued by the super-network under it.
 *
 * Source: Guo et al., "Single Path One-Shot Neural Architecture Search with Uniform Sampling", ECCV 2020, arXiv 1904.00420.
 */
import { allDilations, superSize, tapMask } from '@icconv/edo';
import type { Dilation } from '@icconv/inception-conv';
import { lossGradients, type Random } from '@icconv/training';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type { Planted } from './config';
import { type Convolution, crossEntropy, hiddenChannels, logits } from './network';
import type { Step } from './train';

function drawPattern(config: Planted, random: Random): Dilation[] {
  const all = allDilations(config.data.maxDilation);
  return Array.from({ length: hiddenChannels(config) }, () => all[random.below(all.length)]!);
}

/** float32 [K, K, 1, O]: 1 at the nine taps of each channel's dilation. */
function tapsOf(dilations: readonly Dilation[], maxDilation: number): Tensor4D {
  const side = superSize({ maxDilation, kernelSize: 3 });
  const mask = new Float32Array(side * side * dilations.length);
  for (const [o, dilation] of dilations.entries()) {
    for (const [tap, kept] of tapMask(dilation, side).entries()) mask[tap * dilations.length + o] = kept;
  }
  return tf.tensor4d(mask, [side, side, 1, dilations.length]);
}

/** The super-kernel with all other taps at zero. */
export const masked =
  (dilations: readonly Dilation[], { data }: Planted): Convolution =>
  (weights, x) =>
    tf.conv2d(
      x,
      tf.mul(weights['conv.weight'] as Tensor4D, tapsOf(dilations, data.maxDilation)) as Tensor4D,
      1,
      'same',
    );

export const sposStep =
  (config: Planted): Step =>
  (weights, { images, labels }, { random }, watch) => {
    const convolution = masked(drawPattern(config, random), config);
    return lossGradients(
      weights,
      () => true,
      (current) => {
        const loss = crossEntropy(logits(current, images, convolution, config), labels);
        watch();
        return { losses: { loss } };
      },
    );
  };

/**
 * Half of every generation crosses two parents out of the best quarter, half mutates one.
 *
 * @param fitness - larger is better.
 * @returns the best pattern that was seen.
 */
export function evolve(config: Planted, random: Random, fitness: (pattern: readonly Dilation[]) => number): Dilation[] {
  const { population, generations, mutation } = config.spos;
  const all = allDilations(config.data.maxDilation);
  const parents = Math.ceil(population / 4);
  let best: { pattern: Dilation[]; value: number }[] = [];
  let candidates = Array.from({ length: population }, () => drawPattern(config, random));
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
