/** The arguments of pickle instructions, read from bytes with bounds and limits. */
import { WeightFormatError } from '../../errors';
import { type Budget, MAX_KEY_LENGTH } from '../limits';
import { LongText } from './values';

/** The bytes end inside the pickle. Whoever reads a file piece by piece gives more and tries again. */
export class PickleEndError extends WeightFormatError {
  static override readonly kind: string = 'PickleEndError';
}

const decoder = new TextDecoder();
// Module and class names are short; a long one means that the bytes are damaged.
const MAX_NAME_BYTES = 1024;
// References to storages are short, those to classes hold their source.
const MAX_ID_BYTES = 1024 * 1024;
const NEWLINE = 10;

export class PickleReader {
  position = 0;
  readonly #budget: Budget;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #path: string;

  constructor(bytes: Uint8Array, path: string, budget: Budget) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#path = path;
    this.#budget = budget;
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
    this.#budget.within(length, 'maxIntegerBytes', 'bytes in an integer');
    const start = this.#take(length);
    let value = 0n;
    for (let i = length - 1; i >= 0; i--) value = (value << 8n) | BigInt(this.#bytes[start + i]!);
    if (length > 0 && this.#bytes[start + length - 1]! >= 128) value -= 1n << BigInt(8 * length);
    return exact(value);
  }

  /** UTF-8. */
  text(length: number): string | LongText {
    const bytes = this.data(length);
    return length > MAX_KEY_LENGTH ? new LongText(bytes, 'utf8') : decoder.decode(bytes);
  }

  /** A Python 2 text. Its encoding is unknown; Latin-1 maps every byte. */
  latin1(length: number): string | LongText {
    const bytes = this.data(length);
    return length > MAX_KEY_LENGTH ? new LongText(bytes, 'latin1') : asLatin1(bytes);
  }

  data(length: number): Uint8Array {
    const start = this.#take(length);
    return this.#bytes.subarray(start, start + length);
  }

  /** A name that ends with a newline. */
  name(): string {
    return asLatin1(this.#line(MAX_NAME_BYTES, 'name'));
  }

  /** A persistent id as protocol 0 spells it: Python's text of the value. */
  spelledId(): string {
    return asLatin1(this.#line(MAX_ID_BYTES, 'reference'));
  }

  /** `12`, `12L`, and `00` and `01`, which are False and True. */
  decimalInteger(): number | bigint | boolean {
    // A byte of an integer takes 2.41 decimal digits.
    const text = asLatin1(this.#line(Math.ceil(2.41 * this.#budget.limits.maxIntegerBytes) + 2, 'integer'));
    if (text === '00' || text === '01') return text === '01';
    if (!/^[+-]?\d+L?$/.test(text)) this.fail('has an integer that is none');
    return exact(BigInt(text.replace(/^\+|L$/g, '')));
  }

  decimalFloat(): number {
    const text = asLatin1(this.#line(MAX_NAME_BYTES, 'number')).toLowerCase();
    if (/^[+-]?inf(?:inity)?$/.test(text))
      return text.startsWith('-') ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
    const value = Number(text);
    if (Number.isNaN(value) ? !/^[+-]?nan$/.test(text) : text === '') this.fail('has a number that is none');
    return value;
  }

  /** A Python 2 text as a program writes it, in quotes, with escapes. */
  quotedText(): string | LongText {
    const line = this.#line(undefined, 'text');
    const quote = line[0];
    if (line.length < 2 || (quote !== 39 && quote !== 34) || line.at(-1) !== quote)
      this.fail('has a text without quotes');
    const bytes = unescapeString(line.subarray(1, -1));
    return bytes.length > MAX_KEY_LENGTH ? new LongText(bytes, 'latin1') : asLatin1(bytes);
  }

  /** A text on a line of its own: Latin-1 with `\u` escapes. */
  escapedText(): string | LongText {
    const line = this.#line(undefined, 'text');
    if (line.length <= MAX_KEY_LENGTH) return unescapeUnicode(asLatin1(line));
    // Long ones are the bytes of arrays: few escapes, and none beyond Latin-1.
    const bytes = unescapeLatin1(line);
    return bytes === undefined ? unescapeUnicode(asLatin1(line)) : new LongText(bytes, 'latin1');
  }

  #line(limit: number | undefined, what: string): Uint8Array {
    const end = limit === undefined ? this.#bytes.length : Math.min(this.#bytes.length, this.position + limit + 1);
    const length = this.#bytes.subarray(this.position, end).indexOf(NEWLINE);
    if (length < 0) {
      // With fewer bytes at hand the newline may still come.
      this.data(end === this.#bytes.length ? end - this.position + 1 : 0);
      return this.fail(`has a ${what} of more than ${limit} bytes`);
    }
    const line = this.data(length);
    this.position++;
    return line;
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

const asLatin1 = (bytes: Uint8Array) =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
const exact = (value: bigint) => (Number.isSafeInteger(Number(value)) ? Number(value) : value);

const ESCAPES: Readonly<Record<string, number>> = {
  n: 10,
  t: 9,
  r: 13,
  a: 7,
  b: 8,
  f: 12,
  v: 11,
  '\\': 92,
  "'": 39,
  '"': 34,
};
const BACKSLASH = 92;

/** Python 2's `\xhh`, `\ooo` and letters. */
function unescapeString(text: Uint8Array): Uint8Array {
  if (!text.includes(BACKSLASH)) return text;
  const result = new Uint8Array(text.length);
  let length = 0;
  for (let i = 0; i < text.length; i++) {
    if (text[i] !== BACKSLASH) {
      result[length++] = text[i]!;
      continue;
    }
    const rest = asLatin1(text.subarray(i + 1, i + 4));
    const hex = /^x([\da-f]{2})/i.exec(rest);
    const octal = /^[0-7]{1,3}/.exec(rest);
    if (hex !== null) result[length++] = Number.parseInt(hex[1]!, 16);
    else if (octal !== null) result[length++] = Number.parseInt(octal[0], 8);
    else result[length++] = ESCAPES[rest[0] ?? ''] ?? BACKSLASH;
    // An unknown escape keeps its letter, so only the backslash is taken.
    i += hex !== null ? 3 : octal !== null ? octal[0].length : Object.hasOwn(ESCAPES, rest[0] ?? '') ? 1 : 0;
  }
  return result.subarray(0, length);
}

const unescapeUnicode = (text: string) =>
  text.replace(/\\(?:u([\da-fA-F]{4})|U(000[\da-fA-F]{5}|0010[\da-fA-F]{4}))/g, (_, short?: string, long?: string) =>
    String.fromCodePoint(Number.parseInt(short ?? long!, 16)),
  );

/** As {@link unescapeUnicode}, for texts of bytes only; undefined for others. */
function unescapeLatin1(text: Uint8Array): Uint8Array | undefined {
  const result = new Uint8Array(text.length);
  let length = 0;
  for (let i = 0; i < text.length; i++) {
    const digits = text[i] === BACKSLASH && text[i + 1] === 0x75 ? asLatin1(text.subarray(i + 2, i + 6)) : '';
    const code = /^[\da-fA-F]{4}$/.test(digits) ? Number.parseInt(digits, 16) : undefined;
    if (code !== undefined && code > 255) return undefined;
    if (text[i] === BACKSLASH && text[i + 1] === 0x55) return undefined;
    result[length++] = code ?? text[i]!;
    if (code !== undefined) i += 5;
  }
  return result.subarray(0, length);
}
