/** Fills the columns of a dataset while its JSON is scanned. */
import { CocoFormatError } from '../errors';
import { type IdTable, idToJson } from '../format/ids';
import type { CocoCategory, CocoId } from '../format/types';
import type { CocoSink } from '../json/cursor';
import { keyMatcher, MAX_INT32, readId, skipNull } from '../json/fields';
import { type CocoRecord, HAS } from '../json/record';
import type { JsonScanner } from '../json/scanner';
import { type Allocate, AnnotationBuilder, type AnnotationColumns } from './annotation-builder';
import { copyInto } from './segments';
import { Slab, type SlabData } from './slab';

/** Columns of the images list. The JSON of each image is kept as text, so that fields we do not know survive. */
export interface ImageColumns {
  readonly count: number;
  /** Number of the image's id in `DatasetColumns.annotations.imageIds`. */
  readonly idIndex: Int32Array;
  /** Pixels; -1 where absent. */
  readonly width: Int32Array;
  readonly height: Int32Array;
  /** True where sizes were filled in that the text lacks. */
  readonly sizesFilled?: boolean;
  readonly textAddress: Float64Array;
  readonly textLength: Uint32Array;
  readonly text: SlabData<Uint8Array>;
}

/** Columns of annotations beside the common ones. */
export interface GroundTruthColumns extends AnnotationColumns {
  /** NaN where the annotation has no numeric id; a string id stands in `stringIds`. */
  readonly id: Float64Array;
  readonly stringIds: ReadonlyMap<number, string>;
  /** Pixels; NaN where absent. */
  readonly area: Float64Array;
  readonly iscrowd: Uint8Array;
  readonly ignore: Uint8Array;
  /** -1 where absent. */
  readonly numKeypoints: Int32Array;
  /** Fields outside the format: text of `"key":value,...` by row; undefined where no annotation has any. */
  readonly extraAddress: Float64Array | undefined;
  readonly extraLength: Uint32Array | undefined;
  readonly extraText: SlabData<Uint8Array>;
}

/** A dataset as plain data. */
export interface DatasetColumns {
  readonly images: ImageColumns;
  readonly annotations: GroundTruthColumns;
  readonly categories: readonly CocoCategory[];
  /** JSON text of the top-level fields other than images, annotations and categories. */
  readonly header: ReadonlyMap<string, string>;
}

const COMMA = Uint8Array.of(44);
const encoder = new TextEncoder();
const textDecoder = new TextDecoder('utf-8', { ignoreBOM: true });
const matchImageKey = keyMatcher(['id', 'width', 'height', 'file_name']);
const matchCategoryKey = keyMatcher(['id']);
/** Objects take up to fifteen times their text. Thousands of categories with descriptions have a few megabytes. */
const MAX_CATEGORIES_BYTES = 16 * 1024 * 1024;

export class DatasetSink implements CocoSink {
  readonly kind = 'dataset';
  private readonly builder: AnnotationBuilder;
  private readonly ids: IdTable;
  private id: Float64Array;
  private readonly stringIds = new Map<number, string>();
  private area: Float64Array;
  private iscrowd: Uint8Array;
  private ignore: Uint8Array;
  private numKeypoints: Int32Array;
  private extraAddress: Float64Array | undefined;
  private extraLength: Uint32Array | undefined;
  private readonly extraText: Slab<Uint8Array>;

  private imageCount = 0;
  private imageId: Int32Array;
  private width: Int32Array;
  private height: Int32Array;
  private textAddress: Float64Array;
  private textLength: Uint32Array;
  private readonly text: Slab<Uint8Array>;

  private categories: readonly CocoCategory[] = [];
  private readonly header = new Map<string, string>();

  constructor(
    readonly source: string,
    private readonly allocate: Allocate,
  ) {
    this.builder = new AnnotationBuilder(source, allocate);
    this.ids = this.builder.images;
    const n = this.builder.capacity;
    this.id = new Float64Array(allocate(n * 8));
    this.area = new Float64Array(allocate(n * 8));
    this.iscrowd = new Uint8Array(allocate(n));
    this.ignore = new Uint8Array(allocate(n));
    this.numKeypoints = new Int32Array(allocate(n * 4));
    this.imageId = new Int32Array(256);
    this.width = new Int32Array(256);
    this.height = new Int32Array(256);
    this.textAddress = new Float64Array(256);
    this.textLength = new Uint32Array(256);
    this.text = new Slab((size) => new Uint8Array(allocate(size)), 1 << 22);
    this.extraText = new Slab((size) => new Uint8Array(allocate(size)), 1 << 22);
  }

  record(record: CocoRecord, scanner: JsonScanner): void {
    const row = this.builder.add(record);
    if (row >= this.id.length) this.growAnnotations();
    const { present } = record;
    const { id } = record;
    if ((present & HAS.id) === 0) this.id[row] = Number.NaN;
    else if (typeof id === 'number') this.id[row] = id;
    else {
      this.id[row] = Number.NaN;
      this.stringIds.set(row, id);
    }
    this.area[row] = (present & HAS.area) !== 0 ? record.area : Number.NaN;
    this.iscrowd[row] = record.iscrowd;
    this.ignore[row] = record.ignore;
    this.numKeypoints[row] = (present & HAS.numKeypoints) !== 0 ? record.numKeypoints : -1;
    if (record.extras.length > 0) this.keepExtras(row, record, scanner);
  }

  private keepExtras(row: number, { extras, words }: CocoRecord, scanner: JsonScanner): void {
    this.extraAddress ??= new Float64Array(this.allocate(this.builder.capacity * 8));
    this.extraLength ??= new Uint32Array(this.allocate(this.builder.capacity * 4));
    const texts: Uint8Array[] = [];
    for (let i = 0; i < extras.length; i += 2) texts.push(scanner.json(extras[i]!, extras[i + 1]!, words), COMMA);
    texts.pop();
    const joined = join(texts);
    this.extraAddress[row] = this.extraText.appendBytes(joined);
    this.extraLength[row] = joined.length;
  }

  private growAnnotations(): void {
    const { allocate } = this;
    const n = this.builder.capacity;
    this.id = copyInto(new Float64Array(allocate(n * 8)), this.id);
    this.area = copyInto(new Float64Array(allocate(n * 8)), this.area);
    this.iscrowd = copyInto(new Uint8Array(allocate(n)), this.iscrowd);
    this.ignore = copyInto(new Uint8Array(allocate(n)), this.ignore);
    this.numKeypoints = copyInto(new Int32Array(allocate(n * 4)), this.numKeypoints);
    if (this.extraAddress !== undefined && this.extraLength !== undefined) {
      this.extraAddress = copyInto(new Float64Array(allocate(n * 8)), this.extraAddress);
      this.extraLength = copyInto(new Uint32Array(allocate(n * 4)), this.extraLength);
    }
  }

  image(scanner: JsonScanner, start: number, stop: number, words: number): void {
    const row = this.imageCount++;
    if (row === this.imageId.length) this.growImages(row * 4);
    let id: CocoId | undefined;
    // Where the id stands; the text that is kept has it in its canonical spelling.
    let [from, to] = [0, 0];
    let width = -1;
    let height = -1;
    scanner.pos = start;
    if (!scanner.opensEmpty(123, 125)) {
      do {
        scanner.string();
        const key = matchImageKey(scanner);
        scanner.expect(58);
        scanner.peek();
        scanner.field = key ?? '';
        if (key === 'width') width = readSize(scanner, key);
        else if (key === 'height') height = readSize(scanner, key);
        else if (key === 'id') {
          from = scanner.pos;
          id = readId(scanner, key);
          to = scanner.pos;
        } else if (key === 'file_name' && !skipNull(scanner)) scanner.string();
        else if (key === undefined) scanner.skip();
        scanner.field = '';
      } while (scanner.more(125));
    }
    if (id === undefined) throw new CocoFormatError(this.source, `image ${row + 1} has no id`, scanner.offset);
    const spelled = encoder.encode(idToJson(id));
    const text = join([scanner.json(start, from, words), spelled, scanner.json(to, stop, words)]);
    this.textAddress[row] = this.text.appendBytes(text);
    this.textLength[row] = text.length;
    this.imageId[row] = this.ids.intern(id);
    this.width[row] = width;
    this.height[row] = height;
  }

  private growImages(capacity: number): void {
    this.imageId = copyInto(new Int32Array(capacity), this.imageId);
    this.width = copyInto(new Int32Array(capacity), this.width);
    this.height = copyInto(new Int32Array(capacity), this.height);
    this.textAddress = copyInto(new Float64Array(capacity), this.textAddress);
    this.textLength = copyInto(new Uint32Array(capacity), this.textLength);
  }

  other(key: string, scanner: JsonScanner, start: number, stop: number, words: number): void {
    if (key === 'categories') this.readCategories(scanner, start, stop);
    else this.header.set(key, textDecoder.decode(scanner.json(start, stop, words)));
  }

  private readCategories(scanner: JsonScanner, start: number, stop: number): void {
    if (stop - start > MAX_CATEGORIES_BYTES) {
      throw scanner.error(`categories of more than ${MAX_CATEGORIES_BYTES} bytes, which are kept as objects`);
    }
    scanner.pos = start;
    if (scanner.peek() !== 91) throw scanner.error('categories must be a list');
    const categories: CocoCategory[] = [];
    if (!scanner.opensEmpty(91, 93)) {
      scanner.elementKind = 'category';
      do {
        scanner.element = categories.length + 1;
        categories.push(readCategory(scanner));
      } while (scanner.more(93));
      scanner.element = 0;
    }
    this.categories = categories;
  }

  expect(read: number, total: number): void {
    if (this.builder.count < 16) return;
    this.builder.expect(read, total);
    this.growAnnotations();
  }

  finish(): DatasetColumns {
    const n = this.builder.count;
    const images = this.imageCount;
    return {
      images: {
        count: images,
        idIndex: this.imageId.subarray(0, images),
        width: this.width.subarray(0, images),
        height: this.height.subarray(0, images),
        textAddress: this.textAddress.subarray(0, images),
        textLength: this.textLength.subarray(0, images),
        text: { blocks: this.text.blocks },
      },
      annotations: {
        ...this.builder.columns(),
        id: this.id.subarray(0, n),
        stringIds: this.stringIds,
        area: this.area.subarray(0, n),
        iscrowd: this.iscrowd.subarray(0, n),
        ignore: this.ignore.subarray(0, n),
        numKeypoints: this.numKeypoints.subarray(0, n),
        extraAddress: this.extraAddress?.subarray(0, n),
        extraLength: this.extraLength?.subarray(0, n),
        extraText: { blocks: this.extraText.blocks },
      },
      categories: this.categories,
      header: this.header,
    };
  }
}

/** Pixels; -1 for null. Nonsense such as a negative size is left to the check. */
function readSize(scanner: JsonScanner, key: string): number {
  if (skipNull(scanner)) return -1;
  const { offset } = scanner;
  const size = scanner.number();
  if (Number.isInteger(size) && Math.abs(size) <= MAX_INT32) return size;
  throw scanner.error(`${key} must be a whole number of pixels, ${MAX_INT32} at most, found ${size}`, offset);
}

function readCategory(scanner: JsonScanner): CocoCategory {
  scanner.peek();
  const start = scanner.pos;
  const { words } = scanner;
  let id: CocoId | undefined;
  if (!scanner.opensEmpty(123, 125)) {
    do {
      scanner.string();
      const key = matchCategoryKey(scanner);
      scanner.expect(58);
      if (key === 'id') id = readId(scanner, key);
      else scanner.skip();
    } while (scanner.more(125));
  }
  if (id === undefined) throw scanner.error(`category ${scanner.element} has no id`);
  const text = textDecoder.decode(scanner.json(start, scanner.pos, words));
  const { name, keypoints, skeleton, ...rest } = JSON.parse(text) as Record<string, unknown>;
  return {
    ...rest,
    id,
    name: typeof name === 'string' || typeof name === 'number' ? String(name) : String(id),
    ...listOf(scanner, 'keypoints', keypoints),
    ...listOf(scanner, 'skeleton', skeleton),
  };
}

/** A field that must be a list, or absent. */
function listOf(scanner: JsonScanner, key: 'keypoints' | 'skeleton', value: unknown): object {
  if (value === undefined || value === null) return {};
  if (!Array.isArray(value)) throw scanner.error(`${key} must be a list`);
  return { [key]: value };
}

function join(parts: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}
