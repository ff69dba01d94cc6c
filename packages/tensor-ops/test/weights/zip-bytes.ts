/** Archives for tests: what no writer writes. */
import { crc32 } from '../../src/weights/pytorch/crc32';

/** A record of an archive that is written byte by byte, right or wrong. */
export interface ZipRecord {
  readonly name: string;
  /** As stored. */
  readonly packed: Uint8Array;
  readonly size: number;
  readonly crc: number;
  readonly method: 0 | 8;
  /** Where the directory says that it is; its own place by default. */
  readonly at?: number;
}

export const stored = (name: string, data: Uint8Array): ZipRecord => ({
  name,
  packed: data,
  size: data.length,
  crc: crc32(data),
  method: 0,
});

/** The archive of the records, in their order. */
export function zip(records: readonly ZipRecord[]): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const { name, packed, size, crc, method, at } of records) {
    const head = Buffer.alloc(30);
    head.writeUInt32LE(0x04034b50, 0);
    head.writeUInt16LE(method, 8);
    head.writeUInt16LE(name.length, 26);
    const entry = Buffer.alloc(46);
    entry.writeUInt32LE(0x02014b50, 0);
    entry.writeUInt16LE(method, 10);
    entry.writeUInt32LE(crc, 16);
    entry.writeUInt32LE(packed.length, 20);
    entry.writeUInt32LE(size, 24);
    entry.writeUInt16LE(name.length, 28);
    entry.writeUInt32LE(at ?? offset, 42);
    directory.push(entry, Buffer.from(name));
    if (at !== undefined) continue;
    parts.push(head, Buffer.from(name), Buffer.from(packed));
    offset += 30 + name.length + packed.length;
  }
  const list = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(records.length, 8);
  end.writeUInt16LE(records.length, 10);
  end.writeUInt32LE(list.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...parts, list, end]);
}
