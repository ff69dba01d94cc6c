/** The checksum of zip records. Source: PKWARE's APPNOTE 6.3.9, section 4.4.7. */
import * as zlib from 'node:zlib';

const CRC_PIECE_BYTES = 1024 * 1024 * 1024;

/**
 * CRC-32: zlib's own since Node 20.15, tables before.
 *
 * @param before - checksum of the bytes before these.
 */
export function crc32(data: Uint8Array, before = 0): number {
  if (typeof zlib.crc32 !== 'function') return crc32ByTable(data, before);
  let crc = before;
  // In pieces, since zlib counts bytes in 32 bits.
  for (let done = 0; done < data.byteLength; done += CRC_PIECE_BYTES) {
    crc = zlib.crc32(data.subarray(done, done + CRC_PIECE_BYTES), crc);
  }
  return crc;
}

// Four bytes a step, by four tables of what a byte does to the bytes after it: three times as fast as one by one.
let tables: readonly Int32Array[] | undefined;

export function crc32ByTable(data: Uint8Array, before = 0): number {
  tables ??= makeTables();
  const [t0, t1, t2, t3] = tables as [Int32Array, Int32Array, Int32Array, Int32Array];
  let crc = ~before;
  let i = 0;
  for (; i + 4 <= data.length; i += 4) {
    crc ^= data[i]! | (data[i + 1]! << 8) | (data[i + 2]! << 16) | (data[i + 3]! << 24);
    crc = t3[crc & 255]! ^ t2[(crc >>> 8) & 255]! ^ t1[(crc >>> 16) & 255]! ^ t0[crc >>> 24]!;
  }
  for (; i < data.length; i++) crc = t0[(crc ^ data[i]!) & 255]! ^ (crc >>> 8);
  return ~crc >>> 0;
}

function makeTables(): Int32Array[] {
  const first = Int32Array.from({ length: 256 }, (_, byte) => {
    let value = byte;
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
    return value;
  });
  const all = [first];
  for (let k = 1; k < 4; k++) all.push(all[k - 1]!.map((value) => first[value & 255]! ^ (value >>> 8)));
  return all;
}
