import type { Tensor } from '@tensorflow/tfjs-core';

/** Bytes of a message of several tensors. As torch's DistributedDataParallel has; 5 and 10 MB are as fast, 60 MB slower. */
const BUCKET_BYTES = 25e6;

/**
 * Tensors that travel together: as many as fill a bucket, in their order. The same on all workers, as it depends on shapes alone.
 *
 * @returns their places in the list.
 */
export function buckets(tensors: readonly Pick<Tensor, 'size'>[], bytes = BUCKET_BYTES): number[][] {
  const result: number[][] = [];
  let room = 0;
  for (const [i, { size }] of tensors.entries()) {
    if (room <= 0) {
      result.push([]);
      room = bytes;
    }
    result.at(-1)!.push(i);
    room -= 4 * size;
  }
  return result;
}
