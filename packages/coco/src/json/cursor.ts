/** Walks a COCO JSON text piece by piece and hands whole records to a sink. */
import { CocoFormatError } from '../errors';
import { foreignFormat } from './foreign-format';
import { objectPieces } from './object-pieces';
import { CocoRecord } from './record';
import { JsonScanner, NEED_MORE } from './scanner';

export interface CocoSink {
  /** A dataset is an object with images and annotations; results are a list, or an object with annotations. */
  readonly kind: 'dataset' | 'results';
  /** An annotation or detection; the record's fields are valid until the call returns. */
  record(record: CocoRecord, scanner: JsonScanner): void;
  /** An image: its JSON text stands between the two positions. `words` as {@link JsonScanner.json} takes it. */
  image(scanner: JsonScanner, start: number, stop: number, words: number): void;
  /** Any other top-level field, likewise. */
  other(key: string, scanner: JsonScanner, start: number, stop: number, words: number): void;
  /** Roughly how large the part read so far is (bytes), and the whole, where known: for allocating at once. */
  expect?(bytesRead: number, bytesTotal: number): void;
}

export interface CursorOptions {
  /** Size of the whole text in bytes, where known. */
  readonly totalBytes?: number | undefined;
  /** Most bytes that one record, or one of the file's other fields, may have. @defaultValue 64 MiB */
  readonly maxRecordBytes?: number | undefined;
  /** The text was made from objects. */
  readonly fromObjects?: boolean;
}

/** A record is in memory as a whole, and its numbers beside; a polygon of a million corners has 15 MB. */
const MAX_RECORD_BYTES = 64 * 1024 * 1024;
/** They are kept by name; the format has five. */
const MAX_TOP_LEVEL_FIELDS = 10_000;

type State = 'start' | 'object' | 'records' | 'images' | 'done';

export class CocoCursor {
  readonly scanner: JsonScanner;
  private readonly entry = new CocoRecord();
  private state: State = 'start';
  private inObject = false;
  private mark = 0;
  /** Bytes at hand below which another attempt would only scan the same again. */
  private wanted = 0;
  /** A comma stands before the next element, where one is due. */
  private first = true;
  private readonly keys = new Set<string>();
  private readonly maxRecordBytes: number;
  private hinted = false;

  constructor(
    private readonly sink: CocoSink,
    source: string,
    private readonly options: CursorOptions = {},
  ) {
    this.scanner = new JsonScanner(source, options.fromObjects !== true);
    this.maxRecordBytes = options.maxRecordBytes ?? MAX_RECORD_BYTES;
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
    const { scanner, options } = this;
    scanner.advance(size);
    const kept = scanner.end - scanner.pos;
    if (kept < this.wanted && kept <= this.maxRecordBytes) return;
    this.run();
    if (!this.hinted && options.totalBytes !== undefined && this.state === 'records') {
      this.hinted = true;
      this.sink.expect?.(scanner.offset, options.totalBytes);
    }
  }

  /** Says that the text is complete. @throws CocoFormatError where it is not. */
  close(): void {
    const { scanner } = this;
    scanner.closed = true;
    this.run();
    if (this.state !== 'done') scanner.fail('the rest of the file');
    if (this.sink.kind === 'results' && this.inObject && !this.keys.has('annotations')) {
      throw scanner.error('results must be a list of detections, or an object with a list "annotations"', 0);
    }
  }

  private run(): void {
    const { scanner } = this;
    try {
      this.mark = scanner.pos;
      while (this.state !== 'done') {
        this.step();
        this.marked();
      }
      const next = scanner.peek();
      if (next === 123 && this.options.fromObjects !== true) {
        throw scanner.error('a second object follows the first; JSON has one list of all, JSON Lines are not read');
      }
      if (next !== 0 || scanner.pos < scanner.end) scanner.fail('the end of the file');
    } catch (error) {
      if (error !== NEED_MORE) throw error;
      scanner.pos = this.mark;
      const kept = scanner.end - scanner.pos;
      if (kept > this.maxRecordBytes) this.refuseSize();
      // Twice as much before the next attempt: an element that comes in many pieces is scanned twice in all, not once a piece.
      this.wanted = kept * 2;
    }
  }

  /** Everything up to here is done with. */
  private marked(): void {
    if (this.scanner.pos - this.mark > this.maxRecordBytes) this.refuseSize();
    this.mark = this.scanner.pos;
  }

  private refuseSize(): never {
    const { scanner, maxRecordBytes } = this;
    scanner.pos = this.mark;
    throw scanner.error(
      `a record or field of more than ${maxRecordBytes} bytes, which would be in memory as a whole; maxRecordBytes allows more`,
    );
  }

  private step(): void {
    const { scanner } = this;
    const next = scanner.peek();
    switch (this.state) {
      case 'start':
        // A byte-order mark is no JSON, yet Windows tools write it.
        if (next === 0xef) {
          for (const byte of BYTE_ORDER_MARK) scanner.expect(byte);
        } else if (next === 91) {
          if (this.sink.kind === 'dataset') {
            throw scanner.error('a dataset is an object with images and annotations; this is a list, as results are');
          }
          scanner.pos++;
          this.state = 'records';
        } else if (next === 123) {
          scanner.pos++;
          this.inObject = true;
          this.state = 'object';
        } else scanner.fail(`"{" or "["${foreignFormat(scanner.bytes.subarray(scanner.pos, scanner.end))}`);
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
    const { scanner, keys } = this;
    if (next === 125) {
      scanner.pos++;
      this.state = 'done';
      return;
    }
    if (keys.size > 0) scanner.expect(44);
    scanner.string();
    const key = scanner.text();
    scanner.expect(58);
    const value = scanner.peek();
    if (keys.has(key)) throw scanner.error(`the field ${JSON.stringify(key.slice(0, 100))} stands there twice`);
    if (keys.size === MAX_TOP_LEVEL_FIELDS) {
      throw scanner.error(`more than ${MAX_TOP_LEVEL_FIELDS} fields beside images and annotations`);
    }
    if (key === 'annotations' || key === 'images') {
      if (value !== 91) scanner.fail(`"[", because ${key} must be a list`);
      scanner.pos++;
      keys.add(key);
      this.first = true;
      this.state = key === 'images' ? 'images' : 'records';
      return;
    }
    const start = scanner.pos;
    const { words } = scanner;
    scanner.skip();
    this.sink.other(key, scanner, start, scanner.pos, words);
    keys.add(key);
  }

  private elements(): void {
    const { scanner, sink, entry } = this;
    const images = this.state === 'images';
    scanner.elementKind = images ? 'image' : 'record';
    if (this.first) {
      scanner.element = 1;
      if (scanner.peek() === 93) {
        this.endElements();
        return;
      }
    }
    for (;;) {
      if (!this.first && !scanner.more(93)) {
        scanner.pos--;
        this.endElements();
        return;
      }
      if (images) {
        scanner.peek();
        const start = scanner.pos;
        const { words } = scanner;
        scanner.skip();
        sink.image(scanner, start, scanner.pos, words);
      } else {
        entry.read(scanner);
        sink.record(entry, scanner);
      }
      this.first = false;
      this.marked();
      scanner.element++;
    }
  }

  private endElements(): void {
    const { scanner } = this;
    scanner.pos++;
    scanner.element = 0;
    this.state = this.inObject ? 'object' : 'done';
  }
}

const SLICE = 1 << 20;
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf];

/** What `parse` takes: JSON text, its bytes, or the parsed value. */
export type CocoInput = string | Uint8Array | object;

const encoder = new TextEncoder();

/** Pieces of a text as they arrive: an async iterable, or a web stream (not every browser lets one iterate over it). */
export type CocoPieces =
  | AsyncIterable<Uint8Array>
  | { getReader(): { read(): Promise<{ done: boolean; value?: Uint8Array | undefined }>; cancel(): Promise<void> } };

/** Feeds pieces through a cursor. */
export async function feedPieces(
  sink: CocoSink,
  pieces: CocoPieces,
  source: string,
  options: CursorOptions,
): Promise<void> {
  const cursor = new CocoCursor(sink, source, options);
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
export function feed(sink: CocoSink, input: CocoInput, source: string, options: CursorOptions): void {
  if (input instanceof Uint8Array) {
    const cursor = new CocoCursor(sink, source, { ...options, totalBytes: input.length });
    cursor.push(input);
    cursor.close();
    return;
  }
  if (typeof input === 'string') {
    const cursor = new CocoCursor(sink, source, options);
    for (let at = 0; at < input.length; ) {
      let stop = Math.min(input.length, at + SLICE);
      // A surrogate pair must not be cut.
      if (stop < input.length && (input.charCodeAt(stop - 1) & 0xfc00) === 0xd800) stop--;
      cursor.push(encoder.encode(input.slice(at, stop)));
      at = stop;
    }
    cursor.close();
    return;
  }
  if (input === null || typeof input !== 'object') {
    throw new CocoFormatError(source, `expected COCO data, received ${String(input)}`);
  }
  const cursor = new CocoCursor(sink, source, { ...options, fromObjects: true });
  for (const text of objectPieces(input, source)) cursor.push(encoder.encode(text));
  cursor.close();
}
