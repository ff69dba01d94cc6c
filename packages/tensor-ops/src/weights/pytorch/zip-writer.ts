/**
 * Writes zip archives as PyTorch's reader wants them: records stored without compression, data aligned for memory mapping, ZIP64 where
 * sizes or offsets pass 4 GiB. Source: PKWARE's APPNOTE 6.3.9, sections 4.3 to 4.5; alignment: caffe2/serialize/inline_container.cc.
 */
import type { FileWriter } from '@icconv/base/files';
import { crc32 } from './crc32';

const ALIGNMENT = 64;
/** Id of the extra field that PyTorch pads with. */
const PADDING_FIELD = 0x4246;
const ZIP64_FIELD = 0x0001;
const MAX_32 = 0xffffffff;
const MAX_16 = 0xffff;
// 45: ZIP64. Readers ignore the value where they can.
const VERSION = 45;
const UTF8_NAMES = 1 << 11;
// 1 January 1980, the first day of zip's calendar: equal input gives equal bytes.
const EPOCH_DATE = (0 << 9) | (1 << 5) | 1;

interface Written {
  readonly name: Buffer;
  readonly offset: number;
  readonly size: number;
  readonly crc: number;
}

export class ZipWriter {
  readonly #file: FileWriter;
  readonly #written: Written[] = [];

  constructor(file: FileWriter) {
    this.#file = file;
  }

  async add(name: string, data: Uint8Array): Promise<void> {
    const record = { name: Buffer.from(name), offset: this.#file.position, size: data.byteLength, crc: crc32(data) };
    await this.#file.append(localHeader(record));
    await this.#file.append(data);
    this.#written.push(record);
  }

  /** Writes the directory; nothing may be added after it. */
  async finish(): Promise<void> {
    const offset = this.#file.position;
    const directory = Buffer.concat(this.#written.map(directoryHeader));
    await this.#file.append(directory);
    await this.#file.append(endRecords(this.#written.length, directory.length, offset));
  }
}

function localHeader({ name, offset, size, crc }: Written): Buffer {
  const big = size >= MAX_32;
  const zip64 = big ? field(ZIP64_FIELD, [size, size]) : Buffer.alloc(0);
  // The padding field has a header of its own, of 4 bytes.
  const fixed = offset + 30 + name.length + zip64.length + 4;
  const padding = Buffer.alloc(4 + ((ALIGNMENT - (fixed % ALIGNMENT)) % ALIGNMENT));
  padding.writeUInt16LE(PADDING_FIELD, 0);
  padding.writeUInt16LE(padding.length - 4, 2);
  const head = Buffer.alloc(30);
  head.writeUInt32LE(0x04034b50, 0);
  head.writeUInt16LE(VERSION, 4);
  head.writeUInt16LE(UTF8_NAMES, 6);
  head.writeUInt16LE(EPOCH_DATE, 12);
  head.writeUInt32LE(crc, 14);
  head.writeUInt32LE(big ? MAX_32 : size, 18);
  head.writeUInt32LE(big ? MAX_32 : size, 22);
  head.writeUInt16LE(name.length, 26);
  head.writeUInt16LE(zip64.length + padding.length, 28);
  return Buffer.concat([head, name, zip64, padding]);
}

function directoryHeader({ name, offset, size, crc }: Written): Buffer {
  // Only the values that do not fit are moved to the extra field, in this order.
  const moved = [...(size >= MAX_32 ? [size, size] : []), ...(offset >= MAX_32 ? [offset] : [])];
  const extra = moved.length > 0 ? field(ZIP64_FIELD, moved) : Buffer.alloc(0);
  const head = Buffer.alloc(46);
  head.writeUInt32LE(0x02014b50, 0);
  head.writeUInt16LE(VERSION, 4);
  head.writeUInt16LE(VERSION, 6);
  head.writeUInt16LE(UTF8_NAMES, 8);
  head.writeUInt16LE(EPOCH_DATE, 14);
  head.writeUInt32LE(crc, 16);
  head.writeUInt32LE(Math.min(size, MAX_32), 20);
  head.writeUInt32LE(Math.min(size, MAX_32), 24);
  head.writeUInt16LE(name.length, 28);
  head.writeUInt16LE(extra.length, 30);
  head.writeUInt32LE(Math.min(offset, MAX_32), 42);
  return Buffer.concat([head, name, extra]);
}

function endRecords(count: number, size: number, offset: number): Buffer {
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(Math.min(count, MAX_16), 8);
  end.writeUInt16LE(Math.min(count, MAX_16), 10);
  end.writeUInt32LE(Math.min(size, MAX_32), 12);
  end.writeUInt32LE(Math.min(offset, MAX_32), 16);
  if (count < MAX_16 && size < MAX_32 && offset < MAX_32) return end;
  const end64 = Buffer.alloc(56 + 20);
  end64.writeUInt32LE(0x06064b50, 0);
  end64.writeBigUInt64LE(44n, 4);
  end64.writeUInt16LE(VERSION, 12);
  end64.writeUInt16LE(VERSION, 14);
  end64.writeBigUInt64LE(BigInt(count), 24);
  end64.writeBigUInt64LE(BigInt(count), 32);
  end64.writeBigUInt64LE(BigInt(size), 40);
  end64.writeBigUInt64LE(BigInt(offset), 48);
  end64.writeUInt32LE(0x07064b50, 56);
  end64.writeBigUInt64LE(BigInt(offset + size), 64);
  end64.writeUInt32LE(1, 72);
  return Buffer.concat([end64, end]);
}

function field(id: number, values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(4 + 8 * values.length);
  bytes.writeUInt16LE(id, 0);
  bytes.writeUInt16LE(8 * values.length, 2);
  values.forEach((value, i) => {
    bytes.writeBigUInt64LE(BigInt(value), 4 + 8 * i);
  });
  return bytes;
}
