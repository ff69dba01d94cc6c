/** Walks a COCO JSON text piece by piece and hands whole records to a sink. */
import { CocoFormatError } from '../errors';
import { CocoRecord } from './record';
import { JsonScanner, NEED_MORE } from './scanner';

export interface CocoSink {
  /** An annotation or detection; the record's fields are valid until the call returns. */
  record(record: CocoRecord, scanner: JsonScanner): void;
  /** An image: its JSON text stands between the two positions. */
  image(scanner: JsonScanner, start: number, stop: number): void;
  /** Any other top-level field. */
  other(key: string, scanner: JsonScanner, start: number, stop: number): void;
  /** Roughly how large the part read so far is (bytes), and the whole, where known: for allocating at once. */
  expect?(bytesRead: number, bytesTotal: number): void;
}

type State = 'start' | 'object' | 'records' | 'images' | 'done';

export class CocoCursor {
  readonly scanner: JsonScanner;
  private readonly entry = new CocoRecord();
  private state: State = 'start';
  private inObject = false;
  private mark = 0;
  private hinted = false;

  /** @param totalBytes - size of the whole text where known. */
  constructor(
    private readonly sink: CocoSink,
    source: string,
    private readonly totalBytes?: number,
  ) {
    this.scanner = new JsonScanner(source);
  }

  /** Takes the next piece of the text. */
  push(piece: Uint8Array): void {
    // In slices, so that the scanner's own buffer stays small whatever the pieces are.
    for (let at = 0; at < piece.length; at += SLICE) {
      const slice = piece.subarray(at, at + SLICE);
      this.scanner.writable(slice.length).set(slice);
      this.pushed(slice.length);
    }
  }

  /** Says that so many bytes were written into `scanner.writable()`. */
  pushed(size: number): void {
    this.scanner.advance(size);
    this.run();
    if (!this.hinted && this.totalBytes !== undefined && this.state === 'records') {
      this.hinted = true;
      this.sink.expect?.(this.scanner.offset, this.totalBytes);
    }
  }

  /** Says that the text is complete. @throws CocoFormatError where it is not. */
  close(): void {
    this.scanner.closed = true;
    this.run();
    if (this.state !== 'done') this.scanner.fail('the rest of the file');
  }

  private run(): void {
    const { scanner } = this;
    try {
      this.mark = scanner.pos;
      while (this.state !== 'done') {
        this.step();
        this.mark = scanner.pos;
      }
      if (scanner.peek() !== 0) scanner.fail('the end of the file');
    } catch (error) {
      if (error !== NEED_MORE) throw error;
      scanner.pos = this.mark;
    }
  }

  private step(): void {
    const { scanner } = this;
    const next = scanner.peek();
    switch (this.state) {
      case 'start':
        // A byte-order mark is no JSON, yet Windows tools write it.
        if (next === 0xef) {
          if (scanner.end - scanner.pos < 3) throw NEED_MORE;
          scanner.pos += 3;
        } else if (next === 91) {
          scanner.pos++;
          this.state = 'records';
        } else if (next === 123) {
          scanner.pos++;
          this.inObject = true;
          this.state = 'object';
        } else scanner.fail('"{" or "["');
        return;
      case 'object':
        this.field(next);
        return;
      case 'records':
      case 'images':
        this.elements();
        return;
    }
  }

  private field(next: number): void {
    const { scanner } = this;
    if (next === 125) {
      scanner.pos++;
      this.state = 'done';
      return;
    }
    if (next === 44) scanner.pos++;
    scanner.string();
    const key = scanner.text();
    scanner.expect(58);
    const value = scanner.peek();
    if (value === 91 && (key === 'annotations' || key === 'images')) {
      scanner.pos++;
      this.state = key === 'images' ? 'images' : 'records';
      return;
    }
    const start = scanner.pos;
    scanner.skip();
    this.sink.other(key, scanner, start, scanner.pos);
  }

  private elements(): void {
    const { scanner, sink, entry } = this;
    const images = this.state === 'images';
    for (;;) {
      const next = scanner.peek();
      if (next === 93) {
        scanner.pos++;
        this.state = this.inObject ? 'object' : 'done';
        return;
      }
      if (next === 44) {
        scanner.pos++;
        scanner.peek();
      }
      if (images) {
        const start = scanner.pos;
        scanner.skip();
        sink.image(scanner, start, scanner.pos);
      } else {
        entry.read(scanner);
        sink.record(entry, scanner);
      }
      this.mark = scanner.pos;
    }
  }
}

const SLICE = 1 << 20;

/** What `parse` takes: JSON text, its bytes, or the parsed value. */
export type CocoInput = string | Uint8Array | object;

const encoder = new TextEncoder();

/** Pieces of a text as they arrive: an async iterable, or a web stream (not every browser lets one iterate over it). */
export type CocoPieces =
  | AsyncIterable<Uint8Array>
  | { getReader(): { read(): Promise<{ done: boolean; value?: Uint8Array | undefined }>; cancel(): Promise<void> } };

/** Feeds pieces through a cursor. */
export async function feedPieces(sink: CocoSink, pieces: CocoPieces, source: string): Promise<void> {
  const cursor = new CocoCursor(sink, source);
  if (Symbol.asyncIterator in pieces) {
    for await (const piece of pieces) cursor.push(piece);
  } else {
    const reader = pieces.getReader();
    try {
      for (;;) {
        const { done, value } = await reader.read();
        if (done) break;
        if (value !== undefined) cursor.push(value);
      }
    } catch (error) {
      await reader.cancel();
      throw error;
    }
  }
  cursor.close();
}

/** Feeds text, bytes or a parsed value through a cursor. */
export function feed(sink: CocoSink, input: CocoInput, source: string): void {
  if (input instanceof Uint8Array) {
    const cursor = new CocoCursor(sink, source, input.length);
    cursor.push(input);
    cursor.close();
    return;
  }
  const cursor = new CocoCursor(sink, source);
  if (typeof input === 'string') {
    for (let at = 0; at < input.length; ) {
      let stop = Math.min(input.length, at + SLICE);
      // A surrogate pair must not be cut.
      if (stop < input.length && (input.charCodeAt(stop - 1) & 0xfc00) === 0xd800) stop--;
      cursor.push(encoder.encode(input.slice(at, stop)));
      at = stop;
    }
  } else if (input !== null && typeof input === 'object') {
    for (const text of jsonPieces(input as Record<string, unknown>)) cursor.push(encoder.encode(text));
  } else throw new CocoFormatError(source, `expected COCO data, received ${String(input)}`);
  cursor.close();
}

/** A parsed value as JSON text in pieces, one a record: the whole may exceed the longest string. */
function* jsonPieces(value: Record<string, unknown> | readonly unknown[]): Generator<string> {
  if (Array.isArray(value)) {
    yield '[';
    yield* elementPieces(value);
    yield ']';
    return;
  }
  yield '{';
  let separator = '';
  for (const [key, field] of Object.entries(value)) {
    if (field === undefined) continue;
    yield `${separator}${JSON.stringify(key)}:`;
    separator = ',';
    if (Array.isArray(field)) {
      yield '[';
      yield* elementPieces(field);
      yield ']';
    } else yield stringify(field);
  }
  yield '}';
}

function* elementPieces(list: readonly unknown[]): Generator<string> {
  for (let i = 0; i < list.length; i += 256) {
    yield (i === 0 ? '' : ',') +
      list
        .slice(i, i + 256)
        .map(stringify)
        .join(',');
  }
}

/** As JSON.stringify, with typed arrays as lists. */
function stringify(value: unknown): string {
  return JSON.stringify(value, (_key, v: unknown) => (ArrayBuffer.isView(v) ? Array.from(v as Uint8Array) : v));
}
