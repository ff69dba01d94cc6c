/**
 * A restartable scanner over JSON bytes (UTF-8) that arrive in pieces.
 *
 * COCO files exceed V8's longest string (512 MB), and objects cost ten times their text, so files are scanned as bytes straight into
 * columns. The reader takes whole records: where a piece ends inside one, the scanner throws {@link NEED_MORE}, and the reader
 * starts that record again after the next piece. A zero byte after the last one ends every loop, so there is no bound check a byte.
 */
import { CocoFormatError } from '../errors';
import { divideExactly, POW10 } from './decimal';

/** Thrown where the bytes at hand end inside a token; never leaves the readers. */
export const NEED_MORE: unique symbol = Symbol('need more bytes');

const QUOTE = 34;
const BACKSLASH = 92;

const decoder = new TextDecoder();

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
  /** Bytes dropped before `bytes[0]`. */
  private dropped = 0;

  constructor(readonly source: string) {}

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

  /** Throws NEED_MORE at the end of the bytes at hand, else a format error. */
  fail(expected: string): never {
    if (this.pos >= this.end) {
      if (!this.closed) throw NEED_MORE;
      throw new CocoFormatError(this.source, `JSON ends early, expected ${expected}`, this.offset);
    }
    const found = String.fromCharCode(this.bytes[this.pos]!);
    throw new CocoFormatError(this.source, `expected ${expected}, found ${JSON.stringify(found)}`, this.offset);
  }

  /** Byte offset of `pos` in the whole text. */
  get offset(): number {
    return this.dropped + this.pos;
  }

  /** Skips white space and returns the next byte, 0 at the end. */
  peek(): number {
    const { bytes } = this;
    let p = this.pos;
    let c = bytes[p]!;
    while (c === 32 || (c <= 13 && c >= 9)) c = bytes[++p]!;
    this.pos = p;
    return c;
  }

  /** Skips white space and one given byte. */
  expect(byte: number): void {
    if (this.peek() !== byte) this.fail(`"${String.fromCharCode(byte)}"`);
    this.pos++;
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
      if (c === BACKSLASH) {
        this.escaped = true;
        p++;
      }
      if (p >= this.end) {
        this.pos = this.end;
        this.fail('the end of a string');
      }
      p++;
    }
    this.stop = p;
    this.pos = p + 1;
  }

  /** The string last scanned, decoded. */
  text(): string {
    const { bytes, start, stop } = this;
    if (this.escaped) return this.json(start - 1, stop + 1) as string;
    return decoder.decode(bytes.subarray(start, stop));
  }

  /** The value between two positions, by JSON.parse. */
  json(start: number, stop: number): unknown {
    try {
      return JSON.parse(decoder.decode(this.bytes.subarray(start, stop)));
    } catch (cause) {
      throw new CocoFormatError(this.source, `invalid JSON (${(cause as Error).message})`, this.dropped + start);
    }
  }

  /** Scans any value and leaves `pos` behind it. */
  skip(): void {
    const first = this.peek();
    if (first === QUOTE) {
      this.string();
      return;
    }
    const { bytes } = this;
    let p = this.pos;
    if (first === 123 || first === 91) {
      let depth = 0;
      for (;;) {
        const c = bytes[p]!;
        if (c === QUOTE) {
          this.pos = p;
          this.string();
          p = this.pos;
          continue;
        }
        if (c === 123 || c === 91) depth++;
        else if (c === 125 || c === 93) {
          if (--depth === 0) break;
        } else if (c === 0 && p >= this.end) {
          this.pos = this.end;
          this.fail('a closing bracket');
        }
        p++;
      }
      this.pos = p + 1;
      return;
    }
    // A number, true, false, null or Python's NaN.
    while (isAtom(bytes[p]!)) p++;
    if (p >= this.end) {
      this.pos = this.end;
      this.fail('the end of a value');
    }
    if (p === this.pos) this.fail('a value');
    this.pos = p;
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
    if (whole > 15) return this.slowNumber(from);
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
    }
    if (c === 101 || c === 69) {
      c = bytes[++p]!;
      const minus = c === 45;
      if (minus || c === 43) c = bytes[++p]!;
      let exponent = 0;
      while (c >= 48 && c <= 57) {
        exponent = exponent * 10 + (c - 48);
        c = bytes[++p]!;
      }
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
    const text = String.fromCharCode(...bytes.subarray(from, Math.min(p, from + 400)));
    const value = text === 'NaN' || text === 'null' ? Number.NaN : Number(text);
    if (text === '' || (Number.isNaN(value) && text !== 'NaN' && text !== 'null')) {
      this.pos = from;
      this.fail('a number');
    }
    this.pos = p;
    return value;
  }
}

/** Bytes of which numbers and the words true, false, null, NaN, Infinity consist. */
function isAtom(c: number): boolean {
  return (c >= 48 && c <= 57) || c === 45 || c === 43 || c === 46 || (c >= 97 && c <= 122) || (c >= 65 && c <= 90);
}
