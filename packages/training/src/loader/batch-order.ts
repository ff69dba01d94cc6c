/** Which samples make up which batch: a function of seed and epoch, so that any position can be gone to. */
import { seededRandom, shuffled } from '../random/random';

export interface BatchOrderOptions {
  readonly length: number;
  readonly batchSize: number;
  readonly seed: number;
  readonly shuffle: boolean;
  /** Leave out a last batch that is not full. */
  readonly dropLast: boolean;
  /** Samples of one group share batches. */
  readonly groupOf?: ((index: number) => number) | undefined;
}

/**
 * The batches of an epoch. With groups, samples keep their shuffled order within a group and a batch is emitted when its group has filled
 * it; what is left of the groups comes at the end, each group by itself.
 */
export function batchOrder(options: BatchOrderOptions, epoch: number): Int32Array[] {
  const { length, batchSize, shuffle, seed, dropLast, groupOf } = options;
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
  return batches;
}

/** The same for every epoch: groups do not change their size. */
export function batchCount(options: BatchOrderOptions): number {
  const sizes = new Map<number, number>();
  for (let index = 0; index < options.length; index++) {
    const group = options.groupOf?.(index) ?? 0;
    sizes.set(group, (sizes.get(group) ?? 0) + 1);
  }
  const round = options.dropLast ? Math.floor : Math.ceil;
  return [...sizes.values()].reduce((count, size) => count + round(size / options.batchSize), 0);
}
