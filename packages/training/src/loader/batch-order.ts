/** Which samples make up which batch: a function of seed and epoch, so that any position can be gone to. */
import { seededRandom, shuffled } from '../random/random';
import type { Shard } from './types';

export interface BatchOrderOptions {
  readonly length: number;
  readonly batchSize: number;
  readonly seed: number;
  readonly shuffle: boolean;
  /** Leave out a last batch that is not full. */
  readonly dropLast: boolean;
  /** Samples of one group share batches. */
  readonly groupOf?: ((index: number) => number) | undefined;
  /** One worker's part of each batch; `batchSize` is that of one worker. */
  readonly shard?: Shard | undefined;
}

/**
 * The batches of an epoch. With groups, samples keep their shuffled order within a group and a batch is emitted when its group has filled
 * it; what is left of the groups comes at the end, each group by itself.
 */
export function batchOrder(options: BatchOrderOptions, epoch: number): Int32Array[] {
  const { length, shuffle, seed, dropLast, groupOf, shard = WHOLE } = options;
  const batchSize = options.batchSize * shard.count;
  const order = shuffle
    ? shuffled(length, seededRandom(seed, 'order', epoch))
    : Int32Array.from({ length }, (_, index) => index);
  const batches: Int32Array[] = [];
  const open = new Map<number, number[]>();
  for (const index of order) {
    const group = groupOf?.(index) ?? 0;
    const waiting = open.get(group) ?? [];
    waiting.push(index);
    open.set(group, waiting);
    if (waiting.length === batchSize) {
      batches.push(Int32Array.from(waiting));
      open.delete(group);
    }
  }
  if (!dropLast) for (const waiting of open.values()) batches.push(Int32Array.from(waiting));
  return shard.count === 1 ? batches : batches.flatMap((batch) => partOf(batch, shard));
}

const WHOLE: Shard = { index: 0, count: 1 };

/** As many for each worker; none where there are fewer samples than workers. */
function partOf(batch: Int32Array, { index, count }: Shard): Int32Array[] {
  const size = Math.floor(batch.length / count);
  return size === 0 ? [] : [batch.slice(index * size, (index + 1) * size)];
}

/** The same for every epoch: groups do not change their size. */
export function batchCount(options: BatchOrderOptions): number {
  const sizes = new Map<number, number>();
  for (let index = 0; index < options.length; index++) {
    const group = options.groupOf?.(index) ?? 0;
    sizes.set(group, (sizes.get(group) ?? 0) + 1);
  }
  const { shard = WHOLE, dropLast, batchSize } = options;
  const whole = batchSize * shard.count;
  const batches = (size: number) => Math.floor(size / whole) + (!dropLast && size % whole >= shard.count ? 1 : 0);
  return [...sizes.values()].reduce((count, size) => count + batches(size), 0);
}
