/**
 * A restartable scanner over JSON bytes (UTF-8) that arrive in pieces.
 *
 * COCO files exceed V8's longest string (512 MB), and objects cost ten times their text, so files are scanned as bytes straight into
 * columns. The reader takes whole records: where a piece ends inside one, the scanner throws {@link NEED_MORE}, and the reader
 * starts that record again after more pieces. A zero byte after the last one ends every loop, so there is no bound check a byte.
 *
 * What passes is JSON, so that text kept for later parses then, with Python's NaN and Infinity beside.
 */
import { CocoFormatError } from '../errors';
import { divideExactly, POW10 } from './decimal';

/** Thrown where the bytes at hand end inside a token; never leaves the readers. */
export const NEED_MORE: unique symbol = Symbol('need more bytes');

const QUOTE = 34;
const BACKSLASH = 92;

/** Python's json gives up at about a thousand; the format itself has four levels. */
const MAX_DEPTH = 512;

/** Longer ones say nothing more: a double has 17 digits, and an exponent of three. */
const MAX_NUMBER_BYTES = 400;

/** Texts that are shown in messages are this long at most. */
const MAX_SHOWN = 42;

const NUMBER = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/;
const WORDS: Readonly<Record<string, number>> = {
  NaN: Number.NaN,
  Infinity: Number.POSITIVE_INFINITY,
  '-Infinity': Number.NEGATIVE_INFINITY,
  null: Number.NaN,
};

// A byte order mark inside is a character like others; it must not make two ids one. Nor must bytes that are no UTF-8.
const decoder = new TextDecoder('utf-8', { ignoreBOM: true, fatal: true });
const encoder = new TextEncoder();

export class JsonScanner {
  bytes = new Uint8Array(1 << 16);
  pos = 0;
  end = 0;
  /** True once no further byte will come. */
  closed = false;
  /** Start and end of the string last scanned, without its quotes, and whether it holds escapes. */
  start = 0;
  stop = 0;
  escaped = false;
  /** What is being read, for messages: the number of the record or image, from 1, and its kind. */
  element = 0;
  elementKind: 'record' | 'image' | 'category' = 'record';
  /** The field whose value is being read, likewise; empty between two. */
  field = '';
  /** How many of Python's words NaN and Infinity were met. */
  words = 0;
  /** Bytes dropped before `bytes[0]`. */
  private dropped = 0;

  /** @param hasOffsets - false where the bytes were made from objects: their offsets would tell nobody anything. */
  constructor(
    readonly source: string,
    private readonly hasOffsets = true,
  ) {}

  /** Room for at least `size` more bytes; fill it from the start, then call {@link advance}. */
  writable(size: number): Uint8Array {
    const kept = this.end - this.pos;
    if (this.pos > 0) {
      this.bytes.copyWithin(0, this.pos, this.end);
      this.dropped += this.pos;
      this.pos = 0;
      this.end = kept;
    }
    if (kept + size + 1 > this.bytes.length) {
      const larger = new Uint8Array(Math.max(kept + size + 1, this.bytes.length * 2));
      larger.set(this.bytes.subarray(0, kept));
      this.bytes = larger;
    }
    // Nothing may come: then this is the end.
    this.bytes[kept] = 0;
    return this.bytes.subarray(kept, this.bytes.length - 1);
  }

  /** Says how many bytes were written into {@link writable}'s room. */
  advance(size: number): void {
    this.end += size;
    this.bytes[this.end] = 0;
  }

  /** A format error with its place. */
  error(problem: string, offset = this.offset): CocoFormatError {
    const place = this.element > 0 ? ` (${this.elementKind} ${this.element})` : '';
    return new CocoFormatError(this.source, `${problem}${place}`, this.hasOffsets ? offset : undefined);
  }

  /** Throws NEED_MORE at the end of the bytes at hand, else a format error. */
  fail(expected: string): never {
    if (this.pos >= this.end) {
      if (!this.closed) throw NEED_MORE;
      throw this.error(`JSON ends early, expected ${expected}`);
    }
    const field = this.field === '' ? '' : `${this.field}: `;
    throw this.error(`${field}expected ${expected}, found ${this.found()}`);
  }

  /** What stands at `pos`, for messages. */
  private found(): string {
    const { bytes, pos } = this;
    const shown = JSON.stringify(String.fromCharCode(bytes[pos]!));
    if (bytes[pos] !== QUOTE) return shown;
    const stop = bytes.subarray(0, Math.min(this.end, pos + MAX_SHOWN)).indexOf(QUOTE, pos + 1);
    return stop < 0 ? shown : `the text ${String.fromCharCode(...bytes.subarray(pos, stop + 1))}`;
  }

  /** Byte offset of `pos` in the whole text. */
  get offset(): number {
    return this.dropped + this.pos;
  }

  /** True where every byte was read and no further one will come. */
  get atEnd(): boolean {
    return this.closed && this.pos >= this.end;
  }

  /** Skips white space and returns the next byte, 0 at the end. */
  peek(): number {
    const { bytes } = this;
    let p = this.pos;
    let c = bytes[p]!;
    while (c === 32 || c === 10 || c === 13 || c === 9) c = bytes[++p]!;
    this.pos = p;
    return c;
  }

  /** Skips white space and one given byte. */
  expect(byte: number): void {
    if (this.peek() !== byte) this.fail(`"${String.fromCharCode(byte)}"`);
    this.pos++;
  }

  /** Takes what follows an element: true for a comma, false for the closing byte. */
  more(close: number): boolean {
    const next = this.peek();
    if (next !== 44 && next !== close) this.fail(`"," or "${String.fromCharCode(close)}"`);
    this.pos++;
    return next === 44;
  }

  /** Takes an opening byte and, where it follows at once, the closing one: true then. */
  opensEmpty(open: number, close: number): boolean {
    this.expect(open);
    if (this.peek() !== close) return false;
    this.pos++;
    return true;
  }

  /** Scans a string into `start`, `stop`, `escaped`. */
  string(): void {
    if (this.peek() !== QUOTE) this.fail('a string');
    const { bytes } = this;
    let p = ++this.pos;
    this.start = p;
    this.escaped = false;
    for (;;) {
      const c = bytes[p]!;
      if (c === QUOTE) break;
      if (c < 32) {
        this.pos = p;
        this.fail('the end of a string');
      }
      if (c === BACKSLASH) p = this.escape(p);
      p++;
    }
    this.stop = p;
    this.pos = p + 1;
  }

  /** Checks the escape at `p` and returns its last byte. */
  private escape(p: number): number {
    const { bytes } = this;
    this.escaped = true;
    const kind = bytes[p + 1]!;
    const length = kind === 117 ? 5 : 1;
    const known = '"\\/bfnrtu'.includes(String.fromCharCode(kind));
    for (let i = 1; i <= length; i++) {
      if (i === 1 ? known : isHexDigit(bytes[p + i]!)) continue;
      this.pos = p + i;
      this.fail('an escape of JSON');
    }
    return p + length;
  }

  /** The string last scanned, decoded. */
  text(): string {
    if (this.escaped) return JSON.parse(this.decode(this.start - 1, this.stop + 1)) as string;
    return this.decode(this.start, this.stop);
  }

  /** The bytes between two positions as text. */
  decode(start: number, stop: number): string {
    try {
      return decoder.decode(this.bytes.subarray(start, stop));
    } catch {
      throw this.error('the text is not UTF-8', this.dropped + start);
    }
  }

  /**
   * The text of a scanned value as JSON proper: where NaN and Infinity were met, with null instead, as in JSON.stringify.
   *
   * @param words - how many of them were met before it.
   */
  json(start: number, stop: number, words: number): Uint8Array {
    if (this.words === words) return this.bytes.subarray(start, stop);
    const text = this.decode(start, stop);
    return encoder.encode(text.replace(TOKEN, (token) => (token.startsWith('"') ? token : 'null')));
  }

  /** Scans any value and leaves `pos` behind it. */
  skip(depth = 0): void {
    const first = this.peek();
    if (first === QUOTE) this.string();
    else if (first === 123 || first === 91) this.skipList(first, depth);
    else if (first === 116) this.word('true');
    else if (first === 102) this.word('false');
    else this.number();
  }

  private skipList(open: number, depth: number): void {
    if (depth === MAX_DEPTH) throw this.error(`lists and objects stand in one another ${MAX_DEPTH} times and more`);
    // The closing bracket of either kind is two places behind the opening one.
    const close = open + 2;
    if (this.opensEmpty(open, close)) return;
    do {
      if (open === 123) {
        this.string();
        this.expect(58);
      }
      this.skip(depth + 1);
    } while (this.more(close));
  }

  private word(expected: string): void {
    for (let i = 0; i < expected.length; i++) {
      if (this.bytes[this.pos] !== expected.charCodeAt(i)) this.fail(expected);
      this.pos++;
    }
  }

  /** Scans a number. Python's NaN and Infinity are read as such, for the readers to refuse where they matter; null gives NaN. */
  number(): number {
    let c = this.peek();
    const { bytes } = this;
    const from = this.pos;
    let p = from;
    const negative = c === 45;
    if (negative) c = bytes[++p]!;
    if (c < 48 || c > 57) return this.slowNumber(from);
    // The first 15 digits go to hi, exactly; the rest to lo.
    const first = p;
    let hi = 0;
    do {
      hi = hi * 10 + (c - 48);
      c = bytes[++p]!;
    } while (c >= 48 && c <= 57);
    const whole = p - first;
    if (whole > 15 || (bytes[first] === 48 && whole > 1)) return this.slowNumber(from);
    let lo = 0;
    let rest = 0;
    let scale = 0;
    if (c === 46) {
      const point = p;
      const limit = point + 16 - whole;
      c = bytes[++p]!;
      while (c >= 48 && c <= 57 && p < limit) {
        hi = hi * 10 + (c - 48);
        c = bytes[++p]!;
      }
      while (c >= 48 && c <= 57) {
        lo = lo * 10 + (c - 48);
        rest++;
        c = bytes[++p]!;
      }
      scale = p - point - 1;
      if (scale === 0) return this.slowNumber(from);
    }
    if (c === 101 || c === 69) {
      c = bytes[++p]!;
      const minus = c === 45;
      if (minus || c === 43) c = bytes[++p]!;
      if (c < 48 || c > 57) return this.slowNumber(from);
      let exponent = 0;
      do {
        exponent = exponent * 10 + (c - 48);
        c = bytes[++p]!;
      } while (c >= 48 && c <= 57);
      scale += minus ? exponent : -exponent;
    }
    if (p >= this.end) {
      this.pos = this.end;
      this.fail('the end of a number');
    }
    if (rest > 7 || scale < 0 || scale > 22) return this.slowNumber(from);
    let value: number;
    if (rest === 0) value = hi / POW10[scale]!;
    else {
      value = divideExactly(hi, rest, lo, scale);
      if (Number.isNaN(value)) return this.slowNumber(from);
    }
    this.pos = p;
    return negative ? -value : value;
  }

  private slowNumber(from: number): number {
    const { bytes } = this;
    let p = from;
    while (isAtom(bytes[p]!)) p++;
    if (p >= this.end) {
      this.pos = this.end;
      this.fail('the end of a number');
    }
    this.pos = from;
    if (p - from > MAX_NUMBER_BYTES) this.fail(`a number of at most ${MAX_NUMBER_BYTES} characters`);
    const text = String.fromCharCode(...bytes.subarray(from, p));
    const word = Object.hasOwn(WORDS, text) ? WORDS[text] : undefined;
    if (word === undefined && !NUMBER.test(text)) this.fail('a number');
    this.pos = p;
    if (word === undefined) return Number(text);
    if (text !== 'null') this.words++;
    return word;
  }
}

/** Strings, and the words that JSON lacks. */
const TOKEN = /"(?:[^"\\]|\\.)*"|-?Infinity|NaN/g;

/** Bytes of which numbers and the words null, NaN, Infinity consist. */
function isAtom(c: number): boolean {
  return (c >= 48 && c <= 57) || c === 45 || c === 43 || c === 46 || (c >= 97 && c <= 122) || (c >= 65 && c <= 90);
}

function isHexDigit(c: number): boolean {
  return (c >= 48 && c <= 57) || (c >= 97 && c <= 102) || (c >= 65 && c <= 70);
}
