/** The arguments of pickle instructions, read from bytes with bounds and limits. */
import { WeightFormatError } from '../../errors';
import { PICKLE_LIMITS, type PickleLimits } from './limits';

/** The bytes end inside the pickle. Whoever reads a file piece by piece gives more and tries again. */
export class PickleEndError extends WeightFormatError {}

const decoder = new TextDecoder();
// Module and class names are short; a long one means that the bytes are damaged.
const MAX_NAME_BYTES = 1024;
const NEWLINE = 10;

export class PickleReader {
  position = 0;
  readonly limits: PickleLimits;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #path: string;

  constructor(bytes: Uint8Array, path: string, limits: Partial<PickleLimits> | undefined) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#path = path;
    this.limits = { ...PICKLE_LIMITS, ...limits };
  }

  byte(): number {
    return this.#bytes[this.#take(1)]!;
  }

  uint16(): number {
    return this.#view.getUint16(this.#take(2), true);
  }

  uint32(): number {
    return this.#view.getUint32(this.#take(4), true);
  }

  int32(): number {
    return this.#view.getInt32(this.#take(4), true);
  }

  /** A length of 8 bytes; beyond 2^53 it is inexact, and larger than any file. */
  uint64(): number {
    const at = this.#take(8);
    return this.#view.getUint32(at + 4, true) * 2 ** 32 + this.#view.getUint32(at, true);
  }

  float64(): number {
    return this.#view.getFloat64(this.#take(8), false);
  }

  /** Little-endian two's complement of `length` bytes; a number where it is exact. */
  integer(length: number): number | bigint {
    this.within(length, this.limits.maxIntegerBytes, 'bytes in an integer');
    const start = this.#take(length);
    let value = 0n;
    for (let i = length - 1; i >= 0; i--) value = (value << 8n) | BigInt(this.#bytes[start + i]!);
    if (length > 0 && this.#bytes[start + length - 1]! >= 128) value -= 1n << BigInt(8 * length);
    return Number.isSafeInteger(Number(value)) ? Number(value) : value;
  }

  text(length: number): string {
    this.within(length, this.limits.maxTextBytes, 'bytes in a text');
    return decoder.decode(this.data(length));
  }

  /** A Python 2 text. Its encoding is unknown; Latin-1 maps every byte. */
  latin1(length: number): string {
    this.within(length, this.limits.maxTextBytes, 'bytes in a text');
    const bytes = this.data(length);
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
  }

  data(length: number): Uint8Array {
    const start = this.#take(length);
    return this.#bytes.subarray(start, start + length);
  }

  /** A name that ends with a newline. */
  line(): string {
    const length = this.#bytes.subarray(this.position, this.position + MAX_NAME_BYTES).indexOf(NEWLINE);
    if (length < 0) {
      // With fewer bytes at hand the newline may still come.
      this.data(MAX_NAME_BYTES);
      return this.fail(`has a name of more than ${MAX_NAME_BYTES} bytes`);
    }
    const line = this.latin1(length);
    this.position++;
    return line;
  }

  within(count: number, limit: number, what: string): void {
    if (count > limit)
      this.fail(`has more than ${limit} ${what}; damaged, or raise the limit if the file is meant to be so`);
  }

  fail(problem: string): never {
    throw new WeightFormatError(this.#path, `the pickle ${problem} (byte ${this.position})`);
  }

  #take(length: number): number {
    const start = this.position;
    if (start + length > this.#bytes.length) {
      throw new PickleEndError(this.#path, 'the pickle ends early: truncated or damaged');
    }
    this.position = start + length;
    return start;
  }
}
