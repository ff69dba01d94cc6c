/** Writes plain values as a pickle of protocol 2, which every PyTorch reads. Source: Python's Lib/pickletools.py. */
import { InvalidArgumentError } from '../../errors';
import { Op } from './opcodes';

/** Values besides tensors that a checkpoint can carry. */
export type PlainValue =
  | string
  | number
  | boolean
  | bigint
  | null
  | readonly PlainValue[]
  | { readonly [key: string]: PlainValue };

// Integers of this size fit Python's pickled int of 4 bytes.
const MAX_INT32 = 2 ** 31 - 1;

export class PickleWriter {
  readonly #parts: Uint8Array[] = [Uint8Array.of(Op.PROTO, 2)];

  /** `module.Class` or `module.function`. */
  global(module: string, name: string): this {
    return this.#put(Op.GLOBAL, Buffer.from(`${module}\n${name}\n`));
  }

  text(value: string): this {
    const bytes = Buffer.from(value);
    return this.#put(Op.BINUNICODE, uint32(bytes.length), bytes);
  }

  number(value: number): this {
    if (!Number.isSafeInteger(value) || Object.is(value, -0)) {
      const bytes = Buffer.alloc(8);
      bytes.writeDoubleBE(value);
      return this.#put(Op.BINFLOAT, bytes);
    }
    return Math.abs(value) <= MAX_INT32 ? this.#put(Op.BININT, uint32(value >>> 0)) : this.bigint(BigInt(value));
  }

  bigint(value: bigint): this {
    let length = 1;
    while (BigInt.asIntN(8 * length, value) !== value) length++;
    if (length > 255)
      throw new InvalidArgumentError('saveWeights', 'metadata', value, 'an integer of at most 255 bytes');
    const bytes = Uint8Array.from({ length }, (_, i) => Number((value >> BigInt(8 * i)) & 255n));
    return this.#put(Op.LONG1, Uint8Array.of(length), bytes);
  }

  tuple(...items: readonly (() => void)[]): this {
    this.#put(Op.MARK);
    for (const item of items) item();
    return this.#put(Op.TUPLE);
  }

  /** `module.name(*args)`. */
  call(module: string, name: string, ...args: readonly (() => void)[]): this {
    return this.global(module, name)
      .tuple(...args)
      .#put(Op.REDUCE);
  }

  /** Makes the value on top a reference to data outside the pickle. */
  persistent(): this {
    return this.#put(Op.BINPERSID);
  }

  /** Sets items of the dictionary on top. */
  items(entries: Iterable<readonly [string, () => void]>): this {
    this.#put(Op.MARK);
    for (const [key, value] of entries) {
      this.text(key);
      value();
    }
    return this.#put(Op.SETITEMS);
  }

  dictionary(): this {
    return this.#put(Op.EMPTY_DICT);
  }

  plain(value: PlainValue): this {
    if (value === null) return this.#put(Op.NONE);
    if (typeof value === 'boolean') return this.#put(value ? Op.NEWTRUE : Op.NEWFALSE);
    if (typeof value === 'number') return this.number(value);
    if (typeof value === 'bigint') return this.bigint(value);
    if (typeof value === 'string') return this.text(value);
    if (Array.isArray(value)) {
      this.#put(Op.EMPTY_LIST).#put(Op.MARK);
      for (const item of value as readonly PlainValue[]) this.plain(item);
      return this.#put(Op.APPENDS);
    }
    return this.dictionary().items(Object.entries(value).map(([key, item]) => [key, () => this.plain(item)] as const));
  }

  finish(): Uint8Array {
    return Buffer.concat([...this.#parts, Uint8Array.of(Op.STOP)]);
  }

  #put(op: number, ...data: readonly Uint8Array[]): this {
    this.#parts.push(Uint8Array.of(op), ...data);
    return this;
  }
}

function uint32(value: number): Uint8Array {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
