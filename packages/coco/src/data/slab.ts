/** Lists of varying length in a few large blocks, which never move: a file of 700 MB must not be copied to grow. */
type Numbers = Int32Array | Float64Array | Uint8Array;

const STRIDE = 2 ** 32;

export interface SlabData<T extends Numbers> {
  readonly blocks: readonly T[];
}

export class Slab<T extends Numbers> implements SlabData<T> {
  readonly blocks: T[] = [];
  private used = 0;

  /** @param make - allocates a block of so many elements.  @param blockSize - elements in a block; a longer list gets a block of its own. */
  constructor(
    private readonly make: (length: number) => T,
    private readonly blockSize: number,
  ) {}

  /** Room for `length` elements: its address, and the block and start to write to. */
  reserve(length: number): number {
    let block = this.blocks.at(-1);
    if (block === undefined || this.used + length > block.length) {
      // The first blocks are small, so that a small file costs little.
      const size = Math.min(this.blockSize, 4096 * 4 ** this.blocks.length);
      block = this.make(Math.max(length, size));
      this.blocks.push(block);
      this.used = 0;
    }
    const address = (this.blocks.length - 1) * STRIDE + this.used;
    this.used += length;
    return address;
  }

  append(values: ArrayLike<number>, length: number): number {
    const address = this.reserve(length);
    const view = slabView(this, address, length);
    for (let i = 0; i < length; i++) view[i] = values[i]!;
    return address;
  }

  appendBytes(values: T): number {
    const address = this.reserve(values.length);
    (slabView(this, address, values.length) as Uint8Array).set(values);
    return address;
  }
}

/** The list at an address, as a view. */
export function slabView<T extends Numbers>(slab: SlabData<T>, address: number, length: number): T {
  const block = Math.floor(address / STRIDE);
  const start = address - block * STRIDE;
  return slab.blocks[block]!.subarray(start, start + length) as T;
}
