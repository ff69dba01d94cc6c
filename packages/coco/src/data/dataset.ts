/** COCO annotations with the look-ups that users of pycocotools know, over columns instead of objects. */
import { CocoArgumentError, CocoMismatchError } from '../errors';
import { canonicalId, IdTable, recordToJson } from '../format/ids';
import type { CocoAnnotation, CocoCategory, CocoFile, CocoId, CocoImage } from '../format/types';
import { type CocoInput, type CocoPieces, feed, feedPieces } from '../json/cursor';
import { HAS } from '../json/record';
import { decodeRle, type Rle } from '../masks/rle';
import { allocator, keypointsOf } from './annotation-builder';
import { type DatasetColumns, DatasetSink } from './dataset-builder';
import type { CocoReadOptions } from './results';
import { type MaskPlace, segmentToRle } from './segment-mask';
import { segmentationOf } from './segments';
import { slabView } from './slab';

/** One value or several. */
export type OneOrMore<T> = T | readonly T[];

export interface AnnotationFilter {
  /** Annotations of these images. */
  readonly imgIds?: OneOrMore<CocoId | bigint>;
  /** Annotations of these categories. */
  readonly catIds?: OneOrMore<CocoId | bigint>;
  /** Areas strictly between the two (pixels). */
  readonly areaRng?: readonly [number, number];
  readonly iscrowd?: boolean;
}

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** Images, categories and annotations of one COCO file. Immutable; look-up tables are made when first used. */
export class CocoDataset {
  private byImage: { readonly start: Uint32Array; readonly rows: Uint32Array } | undefined;
  private rowById: Map<CocoId, number> | undefined;
  private imageRowById: Int32Array | undefined;
  private imageTable: IdTable | undefined;

  constructor(readonly columns: DatasetColumns) {}

  /**
   * Reads a COCO annotation file: JSON text, its bytes, or the parsed object.
   *
   * @throws {@link CocoFormatError} for broken JSON, images or categories without id, annotations without image_id,
   *   ids that are neither integers nor strings, numbers that are not finite.
   */
  static parse(input: CocoInput, options: CocoReadOptions = {}): CocoDataset {
    const sink = new DatasetSink(options.source ?? 'dataset', allocator(options.shared ?? false));
    feed(sink, input, sink.source, options);
    return new CocoDataset(sink.finish());
  }

  /** As {@link parse}, from pieces of the text as they arrive, for instance a `ReadableStream` of a fetch. */
  static async parseStream(pieces: CocoPieces, options: CocoReadOptions = {}): Promise<CocoDataset> {
    const sink = new DatasetSink(options.source ?? 'dataset', allocator(options.shared ?? false));
    await feedPieces(sink, pieces, sink.source, options);
    return new CocoDataset(sink.finish());
  }

  get annotationCount(): number {
    return this.columns.annotations.count;
  }

  get imageCount(): number {
    return this.columns.images.count;
  }

  get categories(): readonly CocoCategory[] {
    return this.columns.categories;
  }

  /** Ids of annotations; without a filter of all. Unknown ids select nothing. */
  getAnnIds(filter: AnnotationFilter = {}): CocoId[] {
    return this.rows(filter).map((row) => this.annotationId(row) ?? row);
  }

  /** Row numbers of annotations, in the order of {@link getAnnIds}: image by image where images are given, else the file's order. */
  rows(filter: AnnotationFilter = {}): number[] {
    const { annotations } = this.columns;
    let rows: number[];
    if (filter.imgIds !== undefined) {
      rows = [];
      for (const id of list(filter.imgIds)) for (const row of this.rowsOfImage(id)) rows.push(row);
    } else rows = Array.from({ length: annotations.count }, (_, i) => i);
    if (filter.catIds !== undefined) {
      const wanted = new Set(list(filter.catIds).map(canonicalId));
      rows = rows.filter((row) => wanted.has(annotations.categoryIds[annotations.categoryIndex[row]!]!));
    }
    if (filter.areaRng !== undefined) {
      const [low, high] = filter.areaRng;
      rows = rows.filter((row) => annotations.area[row]! > low && annotations.area[row]! < high);
    }
    if (filter.iscrowd !== undefined) {
      const flag = filter.iscrowd ? 1 : 0;
      rows = rows.filter((row) => annotations.iscrowd[row] === flag);
    }
    return rows;
  }

  /** Ids of categories, by name, supercategory or id; all without a filter. */
  getCatIds(
    filter: {
      readonly catNms?: OneOrMore<string>;
      readonly supNms?: OneOrMore<string>;
      readonly catIds?: OneOrMore<CocoId | bigint>;
    } = {},
  ): CocoId[] {
    const names = filter.catNms === undefined ? undefined : new Set(list(filter.catNms));
    const groups = filter.supNms === undefined ? undefined : new Set(list(filter.supNms));
    const ids = filter.catIds === undefined ? undefined : new Set(list(filter.catIds).map(canonicalId));
    return this.categories
      .filter(
        (c) => (names?.has(c.name) ?? true) && (groups?.has(c.supercategory ?? '') ?? true) && (ids?.has(c.id) ?? true),
      )
      .map((c) => c.id);
  }

  /** Ids of images: all, those given, or those (of the given) that hold every one of the categories. */
  getImgIds(
    filter: { readonly imgIds?: OneOrMore<CocoId | bigint>; readonly catIds?: OneOrMore<CocoId | bigint> } = {},
  ): CocoId[] {
    const { annotations, images } = this.columns;
    let ids =
      filter.imgIds !== undefined
        ? list(filter.imgIds).map(canonicalId)
        : [...new Set(images.idIndex)].map((index) => annotations.imageIds[index]!);
    for (const category of filter.catIds === undefined ? [] : list(filter.catIds)) {
      const holding = new Set(
        this.rows({ catIds: category }).map((row) => annotations.imageIds[annotations.imageIndex[row]!]!),
      );
      ids = ids.filter((id) => holding.has(id));
    }
    return ids;
  }

  /** Annotations as objects, one for each id, in order. @throws {@link CocoArgumentError} for an id that is not there. */
  loadAnns(ids: OneOrMore<CocoId | bigint>): CocoAnnotation[] {
    return list(ids).map((id) => this.annotation(this.rowOf(id)));
  }

  loadCats(ids: OneOrMore<CocoId | bigint>): CocoCategory[] {
    return list(ids).map((id) => {
      const wanted = canonicalId(id);
      const category = this.categories.find((c) => c.id === wanted);
      if (category === undefined)
        throw new CocoArgumentError('loadCats', 'ids', id, 'ids of categories in the dataset');
      return category;
    });
  }

  loadImgs(ids: OneOrMore<CocoId | bigint>): CocoImage[] {
    return list(ids).map((id) => {
      const row = this.imageRow(id);
      if (row < 0) throw new CocoArgumentError('loadImgs', 'ids', id, 'ids of images in the dataset');
      return this.image(row);
    });
  }

  /** Row of an image id in the images list, -1 where it is not there. */
  imageRow(id: CocoId | bigint): number {
    const { annotations, images } = this.columns;
    if (this.imageRowById === undefined) {
      this.imageRowById = new Int32Array(annotations.imageIds.length).fill(-1);
      for (let row = 0; row < images.count; row++) this.imageRowById[images.idIndex[row]!] = row;
    }
    this.imageTable ??= IdTable.of(annotations.imageIds);
    const index = this.imageTable.find(id);
    return index < 0 ? -1 : this.imageRowById[index]!;
  }

  /** Image number `row` of the images list. */
  image(row: number): CocoImage {
    const { images } = this.columns;
    const [width, height] = [images.width[row]!, images.height[row]!];
    // The columns are right: sizes may have been filled in.
    const size = width > 0 && height > 0 ? { width, height } : {};
    return { ...this.imageAsRead(row), ...size };
  }

  /** As {@link image}, without a size that was filled in. */
  imageAsRead(row: number): CocoImage {
    const { images, annotations } = this.columns;
    const id = annotations.imageIds[images.idIndex[row]!]!;
    return { ...(JSON.parse(this.imageText(row)) as CocoImage), id };
  }

  private imageText(row: number): string {
    const { text, textAddress, textLength } = this.columns.images;
    return decoder.decode(slabView(text, textAddress[row]!, textLength[row]!));
  }

  /** Id of annotation number `row`; undefined where it has none. */
  annotationId(row: number): CocoId | undefined {
    const { id, stringIds } = this.columns.annotations;
    const number = id[row]!;
    return !Number.isNaN(number) ? number : stringIds.get(row);
  }

  /** Annotation number `row` as an object, with the fields that its record had. */
  annotation(row: number): CocoAnnotation {
    const text = this.extraText(row);
    return { ...this.known(row), ...(text !== '' && (JSON.parse(`{${text}}`) as object)) };
  }

  /** The fields that the format names. */
  private known(row: number): CocoAnnotation {
    const a = this.columns.annotations;
    const present = a.present[row]!;
    const id = this.annotationId(row);
    const segmentation = a.segments === undefined ? undefined : segmentationOf(a.segments, row);
    return {
      ...(id !== undefined && { id }),
      image_id: a.imageIds[a.imageIndex[row]!]!,
      ...((present & HAS.category) !== 0 && { category_id: a.categoryIds[a.categoryIndex[row]!]! }),
      ...((present & HAS.bbox) !== 0 && { bbox: Array.from(a.bbox.subarray(row * 4, row * 4 + 4)) }),
      ...((present & HAS.area) !== 0 && { area: a.area[row]! }),
      ...((present & HAS.iscrowd) !== 0 && { iscrowd: a.iscrowd[row]! }),
      ...((present & HAS.ignore) !== 0 && { ignore: a.ignore[row]! }),
      ...((present & HAS.segmentation) !== 0 && { segmentation: segmentation ?? [] }),
      ...((present & HAS.keypoints) !== 0 && { keypoints: Array.from(keypointsOf(a, row)) }),
      ...((present & HAS.numKeypoints) !== 0 && { num_keypoints: a.numKeypoints[row]! }),
    };
  }

  /** Run lengths of an annotation's mask, in the size of its image. @throws {@link CocoArgumentError} where it has no mask, CocoMaskError where it is none. */
  annToRle(id: CocoId | bigint): Rle {
    return this.rleOfRow(this.rowOf(id));
  }

  /** Mask of an annotation: uint8 `[height, width]`, row by row, 0 or 1. */
  annToMask(id: CocoId | bigint): { readonly data: Uint8Array; readonly height: number; readonly width: number } {
    return decodeRle(this.annToRle(id));
  }

  /** As {@link annToRle}, by row number. @param options.unchecked - as pycocotools: run lengths that are no mask are taken as they are. */
  rleOfRow(row: number, options: { readonly unchecked?: boolean } = {}): Rle {
    const { annotations } = this.columns;
    const place: MaskPlace = {
      ...this.imageSize(annotations.imageIds[annotations.imageIndex[row]!]!),
      owner: () => `annotation ${this.annotationId(row) ?? `in row ${row + 1}`}`,
      ...options,
    };
    const rle = annotations.segments && segmentToRle(annotations.segments, row, place);
    if (rle === undefined) {
      throw new CocoMismatchError(`${place.owner()} has no segmentation, whose mask is asked for`);
    }
    return rle;
  }

  /** Ids that several images have. */
  duplicateImageIds(): CocoId[] {
    const { images, annotations } = this.columns;
    const seen = new Set<number>();
    const twice = new Set<number>();
    for (const index of images.idIndex) (seen.has(index) ? twice : seen).add(index);
    return [...twice].map((index) => annotations.imageIds[index]!);
  }

  /** Size of an image in pixels, -1 where it is not known. */
  imageSize(id: CocoId | bigint): { readonly height: number; readonly width: number } {
    const { images } = this.columns;
    const row = this.imageRow(id);
    return row < 0 ? { height: -1, width: -1 } : { height: images.height[row]!, width: images.width[row]! };
  }

  /** The whole file as one object. Large files: use {@link toJsonPieces}. Ids above 2^53 are strings of digits there. */
  toJson(): CocoFile {
    const header = [...this.columns.header].map(([key, text]): [string, unknown] => [key, JSON.parse(text)]);
    return {
      ...Object.fromEntries(header),
      images: Array.from({ length: this.imageCount }, (_, row) => this.image(row)),
      annotations: Array.from({ length: this.annotationCount }, (_, row) => this.annotation(row)),
      categories: this.categories,
    };
  }

  /** The file as JSON text in pieces, so that no string grows too long. Ids are integers of any size; fields of others stand as they came. */
  *toJsonPieces(): Generator<string> {
    yield '{';
    for (const [key, text] of this.columns.header) yield `${JSON.stringify(key)}:${text},`;
    yield '"categories":[';
    for (const [i, { id, ...fields }] of this.categories.entries()) {
      yield `${i > 0 ? ',' : ''}${recordToJson({ id }, fields)}`;
    }
    yield '],"images":[';
    for (let row = 0; row < this.imageCount; row++) yield `${row > 0 ? ',' : ''}${this.imageJson(row)}`;
    yield '],"annotations":[';
    for (let row = 0; row < this.annotationCount; row++) yield `${row > 0 ? ',' : ''}${this.annotationJson(row)}`;
    yield ']}';
  }

  private imageJson(row: number): string {
    if (this.columns.images.sizesFilled !== true) return this.imageText(row);
    const { id, ...fields } = this.image(row);
    return recordToJson({ id }, fields);
  }

  private annotationJson(row: number): string {
    const { id, image_id, category_id, ...fields } = this.known(row);
    return recordToJson({ id, image_id, category_id }, fields, this.extraText(row));
  }

  /** Fields outside the format, as `"key":value,...`. */
  private extraText(row: number): string {
    const { extraAddress, extraLength, extraText } = this.columns.annotations;
    const length = extraLength?.[row] ?? 0;
    if (extraAddress === undefined || length === 0) return '';
    return decoder.decode(slabView(extraText, extraAddress[row]!, length));
  }

  private rowOf(id: CocoId | bigint): number {
    if (this.rowById === undefined) {
      this.rowById = new Map();
      // The last of several annotations with one id wins, as in pycocotools.
      for (let row = 0; row < this.annotationCount; row++) this.rowById.set(this.annotationId(row) ?? row, row);
    }
    const row = this.rowById.get(canonicalId(id));
    if (row === undefined) throw new CocoArgumentError('loadAnns', 'ids', id, 'ids of annotations in the dataset');
    return row;
  }

  private rowsOfImage(id: CocoId | bigint): Uint32Array {
    const { annotations } = this.columns;
    this.imageTable ??= IdTable.of(annotations.imageIds);
    if (this.byImage === undefined) {
      const start = new Uint32Array(annotations.imageIds.length + 1);
      for (const index of annotations.imageIndex) start[index + 1]!++;
      for (let i = 1; i < start.length; i++) start[i]! += start[i - 1]!;
      const next = start.slice();
      const rows = new Uint32Array(annotations.count);
      for (let row = 0; row < annotations.count; row++) rows[next[annotations.imageIndex[row]!]!++] = row;
      this.byImage = { start, rows };
    }
    const index = this.imageTable.find(id);
    if (index < 0) return new Uint32Array(0);
    return this.byImage.rows.subarray(this.byImage.start[index], this.byImage.start[index + 1]);
  }
}

function list<T>(value: OneOrMore<T>): readonly T[] {
  return Array.isArray(value) ? (value as readonly T[]) : [value as T];
}
