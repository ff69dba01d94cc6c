/**
 * Masks of all annotations, compactly. Layout in the slabs:
 *   polygons    [parts, length of each part..., coordinates...], int32 hundredths of a pixel where that is exact, else float64;
 *   compressed  [height, width] as 8 bytes, then the counts text;
 *   counts      [height, width, run lengths...], int32.
 */

import type { CocoRle, CocoSegmentation } from '../format/types';
import { type CocoRecord, MASK } from '../json/record';
import { Slab, type SlabData, slabView } from './slab';

/** What the columns hold about masks; plain data, so that it can be sent to a worker. */
export interface SegmentColumns {
  /** 0 none, 1 polygons in hundredths, 2 compressed, 3 counts, 4 polygons in float64. */
  readonly kind: Uint8Array;
  readonly address: Float64Array;
  readonly length: Uint32Array;
  readonly ints: SlabData<Int32Array>;
  readonly floats: SlabData<Float64Array>;
  readonly bytes: SlabData<Uint8Array>;
}

const KIND = { none: 0, hundredths: 1, compressed: 2, counts: 3, floats: 4 } as const;

const BLOCK = 1 << 20;

export class SegmentBuilder {
  kind: Uint8Array;
  address: Float64Array;
  length: Uint32Array;
  readonly ints: Slab<Int32Array>;
  readonly floats: Slab<Float64Array>;
  readonly bytes: Slab<Uint8Array>;

  constructor(
    capacity: number,
    private readonly make: (bytes: number) => ArrayBufferLike,
  ) {
    this.kind = new Uint8Array(make(capacity));
    this.address = new Float64Array(make(capacity * 8));
    this.length = new Uint32Array(make(capacity * 4));
    this.ints = new Slab((n) => new Int32Array(make(n * 4)), BLOCK);
    this.floats = new Slab((n) => new Float64Array(make(n * 8)), BLOCK);
    this.bytes = new Slab((n) => new Uint8Array(make(n)), BLOCK * 4);
  }

  grow(capacity: number): void {
    this.kind = copyInto(new Uint8Array(this.make(capacity)), this.kind);
    this.address = copyInto(new Float64Array(this.make(capacity * 8)), this.address);
    this.length = copyInto(new Uint32Array(this.make(capacity * 4)), this.length);
  }

  set(row: number, record: CocoRecord): void {
    switch (record.mask) {
      case MASK.polygons:
        this.setPolygons(row, record);
        return;
      case MASK.compressed: {
        const { text } = record;
        const address = this.bytes.reserve(text.length + 8);
        const view = slabView(this.bytes, address, text.length + 8);
        writeInt(view, 0, record.maskHeight);
        writeInt(view, 4, record.maskWidth);
        view.set(text, 8);
        this.put(row, KIND.compressed, address, text.length + 8);
        return;
      }
      case MASK.counts: {
        const { numbers, numberCount } = record;
        const address = this.ints.reserve(numberCount + 2);
        const view = slabView(this.ints, address, numberCount + 2);
        view[0] = record.maskHeight;
        view[1] = record.maskWidth;
        for (let i = 0; i < numberCount; i++) view[i + 2] = numbers[i]!;
        this.put(row, KIND.counts, address, numberCount + 2);
        return;
      }
    }
  }

  private setPolygons(row: number, record: CocoRecord): void {
    const { numbers, numberCount, parts, partCount } = record;
    const total = 1 + partCount + numberCount;
    const address = this.ints.reserve(total);
    const view = slabView(this.ints, address, total);
    const at = 1 + partCount;
    for (let i = 0; i < numberCount; i++) {
      const value = numbers[i]!;
      const hundredths = Math.round(value * 100);
      if (hundredths / 100 !== value || hundredths > 2147483647 || hundredths < -2147483648) {
        // The few int32 reserved in vain are left unused.
        this.setFloats(row, record, total);
        return;
      }
      view[at + i] = hundredths;
    }
    view[0] = partCount;
    for (let i = 0; i < partCount; i++) view[1 + i] = parts[i]!;
    this.put(row, KIND.hundredths, address, total);
  }

  private setFloats(row: number, record: CocoRecord, total: number): void {
    const address = this.floats.reserve(total);
    const view = slabView(this.floats, address, total);
    view[0] = record.partCount;
    for (let i = 0; i < record.partCount; i++) view[1 + i] = record.parts[i]!;
    view.set(record.numbers.subarray(0, record.numberCount), 1 + record.partCount);
    this.put(row, KIND.floats, address, total);
  }

  private put(row: number, kind: number, address: number, length: number): void {
    this.kind[row] = kind;
    this.address[row] = address;
    this.length[row] = length;
  }

  columns(count: number): SegmentColumns {
    return {
      kind: this.kind.subarray(0, count),
      address: this.address.subarray(0, count),
      length: this.length.subarray(0, count),
      ints: { blocks: this.ints.blocks },
      floats: { blocks: this.floats.blocks },
      bytes: { blocks: this.bytes.blocks },
    };
  }
}

/** The polygons of a row as views or copies, in pixels; empty where the row has none. */
export function polygonsOf(columns: SegmentColumns, row: number): Float64Array[] {
  const kind = columns.kind[row];
  const length = columns.length[row]!;
  const address = columns.address[row]!;
  const polygons: Float64Array[] = [];
  if (kind !== KIND.hundredths && kind !== KIND.floats) return polygons;
  const view =
    kind === KIND.floats ? slabView(columns.floats, address, length) : slabView(columns.ints, address, length);
  const parts = view[0]!;
  let at = 1 + parts;
  for (let part = 0; part < parts; part++) {
    const size = view[1 + part]!;
    const coordinates = Float64Array.from(view.subarray(at, at + size));
    if (kind === KIND.hundredths) for (let i = 0; i < size; i++) coordinates[i] = coordinates[i]! / 100;
    polygons.push(coordinates);
    at += size;
  }
  return polygons;
}

/** Run lengths of a row as stored, or undefined where it has polygons or nothing. */
export function runLengthsOf(
  columns: SegmentColumns,
  row: number,
):
  | {
      readonly height: number;
      readonly width: number;
      readonly counts: Int32Array | Uint8Array;
      readonly compressed: boolean;
    }
  | undefined {
  const kind = columns.kind[row];
  const length = columns.length[row]!;
  const address = columns.address[row]!;
  if (kind === KIND.compressed) {
    const view = slabView(columns.bytes, address, length);
    return { height: readInt(view, 0), width: readInt(view, 4), counts: view.subarray(8), compressed: true };
  }
  if (kind === KIND.counts) {
    const view = slabView(columns.ints, address, length);
    return { height: view[0]!, width: view[1]!, counts: view.subarray(2), compressed: false };
  }
  return undefined;
}

/** A row's mask in the JSON form; undefined where it has none. */
export function segmentationOf(columns: SegmentColumns, row: number): CocoSegmentation | undefined {
  const runs = runLengthsOf(columns, row);
  if (runs === undefined) {
    const polygons = polygonsOf(columns, row);
    return polygons.length === 0 ? undefined : polygons.map((polygon) => Array.from(polygon));
  }
  const size: CocoRle['size'] = [runs.height, runs.width];
  if (!runs.compressed) return { size, counts: Array.from(runs.counts) };
  let counts = '';
  for (const byte of runs.counts) counts += String.fromCharCode(byte);
  return { size, counts };
}

function writeInt(view: Uint8Array, at: number, value: number): void {
  for (let i = 0; i < 4; i++) view[at + i] = (value >>> (8 * i)) & 255;
}

function readInt(view: Uint8Array, at: number): number {
  return (view[at]! | (view[at + 1]! << 8) | (view[at + 2]! << 16) | (view[at + 3]! << 24)) >>> 0;
}

/** Copies the old values to the front of the new array. */
export function copyInto<T extends Uint8Array | Uint16Array | Uint32Array | Int32Array | Float64Array>(
  to: T,
  from: T,
): T {
  to.set(from);
  return to;
}
