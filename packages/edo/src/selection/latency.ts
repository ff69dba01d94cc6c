/** What a layer's dilations cost in time, by measurement on the engine in use. */

import type { Dilation } from '@icconv/inception-conv';
import { inceptionConv2dPacked, packInceptionFilter } from '@icconv/tensor-ops';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { SearchError } from '../errors/search-error';

/** Milliseconds of a layer with n different dilations: `baseMs + branchMs * n`. */
export interface KernelCost {
  readonly name: string;
  readonly baseMs: number;
  readonly branchMs: number;
}

export interface KernelShape {
  readonly name: string;
  /** float32 [k, k, C/G, O] of the inception layer. */
  readonly filter: readonly [number, number, number, number];
  readonly groups: number;
  readonly stride: number;
  /** [N, H, W, C] of its input. */
  readonly input: readonly [number, number, number, number];
  readonly maxDilation: number;
}

const RUNS = 7;

/**
 * Times the packed inception kernel with few and with all dilations, channels spread evenly, and fits a line through the medians.
 * The number of branches is what moves the time: FLOPs are the same for all.
 */
export async function measureKernelCost(shape: KernelShape): Promise<KernelCost> {
  const { name, filter: size, groups, stride, input, maxDilation } = shape;
  const units = groups > 1 ? groups : size[3];
  const all: Dilation[] = Array.from({ length: maxDilation ** 2 }, (_, i) => [
    Math.floor(i / maxDilation) + 1,
    (i % maxDilation) + 1,
  ]);
  const counts = [...new Set([1, Math.ceil(all.length / 2), all.length])].filter((count) => count <= units);
  const x = tf.randomNormal<tf.Rank.R4>([...input]);
  const filter = tf.randomNormal<tf.Rank.R4>([...size]) as Tensor4D;
  const points: [number, number][] = [];
  try {
    for (const count of counts) {
      // From the largest: the far dilations are the ones that a bound on branches is about.
      const used = count === 1 ? [all[0]!] : all.slice(-count);
      const dilations = Array.from({ length: units }, (_, unit) => used[Math.floor((unit * count) / units)]!);
      const packed = packInceptionFilter(filter, { dilations, groups });
      const times: number[] = [];
      for (let run = 0; run <= RUNS; run++) {
        const started = performance.now();
        const y = inceptionConv2dPacked(x, packed, { strides: stride });
        await y.data();
        if (run > 0) times.push(performance.now() - started);
        y.dispose();
      }
      packed.dispose();
      points.push([count, times.sort((a, b) => a - b)[RUNS >> 1]!]);
    }
  } finally {
    tf.dispose([x, filter]);
  }
  return { name, ...fitLine(points) };
}

/** Least squares, slopes below 0 (noise) taken as 0. */
export function fitLine(points: readonly (readonly [number, number])[]): { baseMs: number; branchMs: number } {
  const mean = (axis: 0 | 1) => points.reduce((sum, point) => sum + point[axis], 0) / points.length;
  const [x, y] = [mean(0), mean(1)];
  const square = points.reduce((sum, point) => sum + (point[0] - x) ** 2, 0);
  const product = points.reduce((sum, point) => sum + (point[0] - x) * (point[1] - y), 0);
  const branchMs = square === 0 ? 0 : Math.max(0, product / square);
  return { baseMs: y - branchMs * x, branchMs };
}

/** Milliseconds of all layers, by their numbers of different dilations. */
export function predictedMs(
  costs: readonly KernelCost[],
  names: readonly string[],
  distinct: readonly number[],
): number {
  return names.reduce((sum, name, i) => {
    const cost = costs.find((entry) => entry.name === name);
    if (cost === undefined) throw new SearchError(`latency: no cost was measured for ${name}`);
    return sum + cost.baseMs + cost.branchMs * distinct[i]!;
  }, 0);
}
