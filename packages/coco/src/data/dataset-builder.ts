/** Fills the columns of a dataset while its JSON is scanned. */
import { CocoFormatError } from '../errors';
import type { CocoSink } from '../json/cursor';
import { type CocoRecord, HAS } from '../json/record';
import type { JsonScanner } from '../json/scanner';
import { type Allocate, AnnotationBuilder, type AnnotationColumns } from './annotation-builder';
import { canonicalId, type IdTable } from './ids';
import { copyInto } from './segments';
import { Slab, type SlabData } from './slab';
import type { CocoCategory, CocoId } from './types';

/** Columns of the images list. The JSON of each image is kept as text, so that fields we do not know survive. */
export interface ImageColumns {
  readonly count: number;
  /** Number of the image's id in `DatasetColumns.annotations.imageIds`. */
  readonly idIndex: Int32Array;
  /** Pixels; -1 where absent. */
  readonly width: Int32Array;
  readonly height: Int32Array;
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
  /** Top-level fields other than images, annotations and categories. */
  readonly header: Readonly<Record<string, unknown>>;
}

const COMMA = Uint8Array.of(44);

export class DatasetSink implements CocoSink {
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
  private readonly header: Record<string, unknown> = {};

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
    if (record.extras.length > 0) this.keepExtras(row, record.extras, scanner.bytes);
  }

  private keepExtras(row: number, extras: readonly number[], bytes: Uint8Array): void {
    this.extraAddress ??= new Float64Array(this.allocate(this.builder.capacity * 8));
    this.extraLength ??= new Uint32Array(this.allocate(this.builder.capacity * 4));
    let length = -1;
    for (let i = 0; i < extras.length; i += 2) length += extras[i + 1]! - extras[i]! + 1;
    const joined = new Uint8Array(length);
    let at = 0;
    for (let i = 0; i < extras.length; i += 2) {
      if (i > 0) {
        joined.set(COMMA, at);
        at++;
      }
      joined.set(bytes.subarray(extras[i]!, extras[i + 1]!), at);
      at += extras[i + 1]! - extras[i]!;
    }
    this.extraAddress[row] = this.extraText.appendBytes(joined);
    this.extraLength[row] = length;
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

  image(scanner: JsonScanner, start: number, stop: number): void {
    const row = this.imageCount++;
    if (row === this.imageId.length) {
      const n = row * 4;
      this.imageId = copyInto(new Int32Array(n), this.imageId);
      this.width = copyInto(new Int32Array(n), this.width);
      this.height = copyInto(new Int32Array(n), this.height);
      this.textAddress = copyInto(new Float64Array(n), this.textAddress);
      this.textLength = copyInto(new Uint32Array(n), this.textLength);
    }
    this.textAddress[row] = this.text.appendBytes(scanner.bytes.subarray(start, stop));
    this.textLength[row] = stop - start;
    let id: CocoId | undefined;
    let width = -1;
    let height = -1;
    scanner.pos = start;
    scanner.expect(123);
    while (scanner.pos < stop && scanner.peek() !== 125) {
      if (scanner.peek() === 44) scanner.pos++;
      scanner.string();
      const length = scanner.stop - scanner.start;
      // Only names of these lengths can be id, width or height.
      const key = length === 2 || length === 5 || length === 6 ? scanner.text() : '';
      scanner.expect(58);
      if (key === 'width' || key === 'height') {
        const size = scanner.number();
        if (key === 'width') width = size;
        else height = size;
      } else if (key === 'id') {
        if (scanner.peek() === 34) {
          scanner.string();
          id = canonicalId(scanner.text());
        } else id = scanner.number();
      } else scanner.skip();
    }
    scanner.pos = stop;
    if (id === undefined || Number.isNaN(id)) {
      throw new CocoFormatError(this.source, `image ${row + 1} has no id`, scanner.offset);
    }
    this.imageId[row] = this.ids.intern(id);
    this.width[row] = width;
    this.height[row] = height;
  }

  other(key: string, scanner: JsonScanner, start: number, stop: number): void {
    const value = scanner.json(start, stop);
    if (key !== 'categories') {
      this.header[key] = value;
      return;
    }
    if (!Array.isArray(value)) throw new CocoFormatError(this.source, 'categories must be a list', scanner.offset);
    this.categories = value.map((entry: unknown, i) => {
      const { id, name } = (entry ?? {}) as { id?: unknown; name?: unknown };
      if (typeof id !== 'number' && typeof id !== 'string') {
        throw new CocoFormatError(this.source, `category ${i + 1} has no id`, scanner.offset);
      }
      return { ...(entry as CocoCategory), id: canonicalId(id), name: typeof name === 'string' ? name : String(id) };
    });
  }

  expect(read: number, total: number): void {
    if (this.builder.count < 16) return;
    this.builder.grow(Math.ceil((this.builder.count * total * 1.05) / read));
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
