/** Detections of a results file, by column: about 50 bytes a box. */
import { CocoFormatError } from '../errors';
import type { CocoDetection } from '../format/types';
import { type CocoInput, type CocoPieces, type CocoSink, feed, feedPieces } from '../json/cursor';
import { type CocoRecord, HAS } from '../json/record';
import type { JsonScanner } from '../json/scanner';
import { type Allocate, AnnotationBuilder, type AnnotationColumns, allocator, keypointsOf } from './annotation-builder';
import { copyInto, segmentationOf } from './segments';

/** The columns of detections; plain data, in the order of the file. */
export interface ResultColumns extends AnnotationColumns {
  readonly score: Float64Array;
}

/** How input is read. */
export interface CocoReadOptions {
  /** Name of the input in error messages. */
  readonly source?: string;
  /** Lay the columns on shared memory, so that worker threads read them without a copy. */
  readonly shared?: boolean;
  /**
   * Most bytes of JSON that one record, image or other field may have; a record is in memory as a whole, some five times its text.
   * @defaultValue 64 MiB
   */
  readonly maxRecordBytes?: number;
}

/** Detections (boxes, masks or keypoints with scores) of any number of images. */
export class CocoResults {
  constructor(readonly columns: ResultColumns) {}

  /**
   * Reads COCO results: JSON text, its bytes, or the parsed list.
   *
   * @throws {@link CocoFormatError} for broken JSON, a record without image_id, category_id or score, an id that is
   *   neither integer nor string, or a number that is not finite.
   */
  static parse(input: CocoInput, options: CocoReadOptions = {}): CocoResults {
    const sink = new ResultsSink(options.source ?? 'results', allocator(options.shared ?? false));
    feed(sink, input, sink.source, options);
    return sink.finish();
  }

  /** As {@link parse}, from pieces of the text as they arrive, for instance a `ReadableStream` of a fetch. */
  static async parseStream(pieces: CocoPieces, options: CocoReadOptions = {}): Promise<CocoResults> {
    const sink = new ResultsSink(options.source ?? 'results', allocator(options.shared ?? false));
    await feedPieces(sink, pieces, sink.source, options);
    return sink.finish();
  }

  /** Number of detections. */
  get size(): number {
    return this.columns.count;
  }

  /** Detection number `row` as an object. */
  at(row: number): CocoDetection {
    const { columns } = this;
    const present = columns.present[row]!;
    const segmentation = columns.segments === undefined ? undefined : segmentationOf(columns.segments, row);
    return {
      image_id: columns.imageIds[columns.imageIndex[row]!]!,
      category_id: columns.categoryIds[columns.categoryIndex[row]!]!,
      ...((present & HAS.bbox) !== 0 && { bbox: Array.from(columns.bbox.subarray(row * 4, row * 4 + 4)) }),
      ...(segmentation !== undefined && { segmentation }),
      ...((present & HAS.keypoints) !== 0 && { keypoints: Array.from(keypointsOf(columns, row)) }),
      score: columns.score[row]!,
    };
  }

  /** All detections as objects, one by one. */
  *[Symbol.iterator](): Generator<CocoDetection> {
    for (let row = 0; row < this.size; row++) yield this.at(row);
  }
}

/** Fills the columns; shared with the file reader. */
export class ResultsSink implements CocoSink {
  readonly kind = 'results';
  private readonly builder: AnnotationBuilder;
  private score: Float64Array;

  constructor(
    readonly source: string,
    private readonly allocate: Allocate,
  ) {
    this.builder = new AnnotationBuilder(source, allocate);
    this.score = new Float64Array(allocate(this.builder.capacity * 8));
  }

  record(record: CocoRecord, scanner: JsonScanner): void {
    const { present } = record;
    if ((present & HAS.score) === 0 || (present & HAS.category) === 0) {
      const missing = (present & HAS.score) === 0 ? 'score' : 'category_id';
      throw new CocoFormatError(this.source, `detection ${this.builder.count + 1} has no ${missing}`, scanner.offset);
    }
    const row = this.builder.add(record);
    if (row >= this.score.length) this.growScore();
    this.score[row] = record.score;
  }

  private growScore(): void {
    this.score = copyInto(new Float64Array(this.allocate(this.builder.capacity * 8)), this.score);
  }

  image(): void {}

  other(): void {}

  expect(read: number, total: number): void {
    if (this.builder.count < 16) return;
    this.builder.expect(read, total);
    this.growScore();
  }

  finish(): CocoResults {
    return new CocoResults({ ...this.builder.columns(), score: this.score.subarray(0, this.builder.count) });
  }
}
