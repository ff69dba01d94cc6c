/** Columns that annotations and detections have in common, filled record by record. */
import { CocoError, CocoFormatError } from '../errors';
import { IdTable } from '../format/ids';
import type { CocoId } from '../format/types';
import { type CocoRecord, HAS } from '../json/record';
import { copyInto, SegmentBuilder, type SegmentColumns } from './segments';
import { Slab, type SlabData, slabView } from './slab';

/** Plain data; every array has `count` rows (bbox 4 numbers a row). Typed arrays lie on shared memory when asked for. */
export interface AnnotationColumns {
  readonly count: number;
  /** Which fields the record had, bits of HAS. */
  readonly present: Uint16Array;
  /** Number of the image and category in the tables below. */
  readonly imageIndex: Int32Array;
  readonly categoryIndex: Int32Array;
  readonly imageIds: readonly CocoId[];
  readonly categoryIds: readonly CocoId[];
  /** x, y, width, height; zeros where absent. */
  readonly bbox: Float64Array;
  readonly segments: SegmentColumns | undefined;
  readonly keypoints: KeypointColumns | undefined;
}

export interface KeypointColumns {
  readonly address: Float64Array;
  /** Numbers in the list: three a keypoint. */
  readonly length: Uint16Array;
  readonly values: SlabData<Float64Array>;
}

export type Allocate = (bytes: number) => ArrayBufferLike;

export class AnnotationBuilder {
  count = 0;
  capacity = 1024;
  present: Uint16Array;
  imageIndex: Int32Array;
  categoryIndex: Int32Array;
  bbox: Float64Array;
  private segments: SegmentBuilder | undefined;
  private keypointAddress: Float64Array | undefined;
  private keypointLength: Uint16Array | undefined;
  private readonly keypointValues: Slab<Float64Array>;
  readonly images = new IdTable();
  readonly categories = new IdTable();

  constructor(
    readonly source: string,
    readonly allocate: Allocate,
  ) {
    this.present = new Uint16Array(allocate(this.capacity * 2));
    this.imageIndex = new Int32Array(allocate(this.capacity * 4));
    this.categoryIndex = new Int32Array(allocate(this.capacity * 4));
    this.bbox = new Float64Array(allocate(this.capacity * 32));
    this.keypointValues = new Slab((n) => new Float64Array(allocate(n * 8)), 1 << 19);
  }

  /** Makes room for so many records. */
  grow(capacity: number): void {
    if (capacity <= this.capacity) return;
    const { allocate } = this;
    this.capacity = capacity;
    this.present = copyInto(new Uint16Array(allocate(capacity * 2)), this.present);
    this.imageIndex = copyInto(new Int32Array(allocate(capacity * 4)), this.imageIndex);
    this.categoryIndex = copyInto(new Int32Array(allocate(capacity * 4)), this.categoryIndex);
    this.bbox = copyInto(new Float64Array(allocate(capacity * 32)), this.bbox);
    this.segments?.grow(capacity);
    if (this.keypointAddress !== undefined && this.keypointLength !== undefined) {
      this.keypointAddress = copyInto(new Float64Array(allocate(capacity * 8)), this.keypointAddress);
      this.keypointLength = copyInto(new Uint16Array(allocate(capacity * 2)), this.keypointLength);
    }
  }

  /** Makes room for as many records as the part read so far lets expect. */
  expect(bytesRead: number, bytesTotal: number): void {
    const records = (this.count * bytesTotal * 1.05) / bytesRead;
    // A guess may be wrong by any factor; beyond some millions, growth by doubling costs little beside reading.
    this.grow(Math.ceil(Math.min(records, MOST_EXPECTED)));
  }

  /** Appends a record and returns its row. */
  add(record: CocoRecord): number {
    const row = this.count;
    if (row === this.capacity) this.grow(row * 2);
    const { present } = record;
    if ((present & HAS.image) === 0) throw new CocoFormatError(this.source, `record ${row + 1} has no image_id`);
    this.present[row] = present;
    this.imageIndex[row] = this.images.intern(record.imageId);
    this.categoryIndex[row] = (present & HAS.category) !== 0 ? this.categories.intern(record.categoryId) : -1;
    if ((present & HAS.bbox) !== 0) {
      const { bbox } = this;
      const box = record.bbox;
      const at = row * 4;
      bbox[at] = box[0]!;
      bbox[at + 1] = box[1]!;
      bbox[at + 2] = box[2]!;
      bbox[at + 3] = box[3]!;
    }
    if (record.mask !== 0) {
      this.segments ??= new SegmentBuilder(this.capacity, this.allocate);
      this.segments.set(row, record);
    }
    if ((present & HAS.keypoints) !== 0) {
      this.keypointAddress ??= new Float64Array(this.allocate(this.capacity * 8));
      this.keypointLength ??= new Uint16Array(this.allocate(this.capacity * 2));
      this.keypointAddress[row] = this.keypointValues.append(record.keypoints, record.keypointCount);
      this.keypointLength[row] = record.keypointCount;
    }
    this.count++;
    return row;
  }

  columns(): AnnotationColumns {
    const { count } = this;
    const { keypointAddress, keypointLength } = this;
    return {
      count,
      present: this.present.subarray(0, count),
      imageIndex: this.imageIndex.subarray(0, count),
      categoryIndex: this.categoryIndex.subarray(0, count),
      imageIds: this.images.ids,
      categoryIds: this.categories.ids,
      bbox: this.bbox.subarray(0, count * 4),
      segments: this.segments?.columns(count),
      keypoints:
        keypointAddress === undefined || keypointLength === undefined
          ? undefined
          : {
              address: keypointAddress.subarray(0, count),
              length: keypointLength.subarray(0, count),
              values: { blocks: this.keypointValues.blocks },
            },
    };
  }
}

/** Keypoint triples of a row; empty where it has none. */
export function keypointsOf(columns: AnnotationColumns, row: number): Float64Array {
  const { keypoints } = columns;
  if (keypoints === undefined || keypoints.length[row] === 0) return EMPTY;
  return slabView(keypoints.values, keypoints.address[row]!, keypoints.length[row]!);
}

const EMPTY = new Float64Array(0);
const MOST_EXPECTED = 4_000_000;

/** Ordinary memory, or memory that worker threads see. */
export function allocator(shared: boolean): Allocate {
  return (bytes) => {
    try {
      return shared ? new SharedArrayBuffer(bytes) : new ArrayBuffer(bytes);
    } catch (cause) {
      throw new CocoError('ICCONV_COCO_MEMORY', `no memory for a column of ${bytes} bytes`, { cause });
    }
  };
}
