/** The records of a zip archive by name. yauzl reads the directory (ZIP64 included); records are then read by position. */
import { promisify } from 'node:util';
import { inflateRaw } from 'node:zlib';
import yauzl, { type Entry, type ZipFile } from 'yauzl';
import { WeightFormatError } from '../../errors';
import { type ByteSource, readBytes } from '../byte-source';
import type { StorageSource } from '../weight-file';

/** One tensor is one record; the largest public checkpoints have some 10^5. */
const MAX_RECORDS = 1_000_000;
/** A compressed record is unpacked in memory; PyTorch itself never compresses, and deflate can grow data a thousandfold. */
const MAX_INFLATED_BYTES = 1024 * 1024 * 1024;
const STORED = 0;
const DEFLATED = 8;
const LOCAL_HEADER_BYTES = 30;
const LOCAL_HEADER_MAGIC = 0x04034b50;
const ENCRYPTED = 1;
// Directory entries are read in many small steps; they are served from windows of this size.
const WINDOW_BYTES = 256 * 1024;

const inflate = promisify<Uint8Array, { maxOutputLength: number }, Buffer>(inflateRaw);

export interface ZipArchive {
  readonly names: readonly string[];
  has(name: string): boolean;
  /** The record as a source that reads on demand. */
  record(name: string): StorageSource;
  /** The whole record, at most `limit` bytes. */
  read(name: string, limit: number): Promise<Uint8Array<ArrayBuffer>>;
}

export async function readZip(source: ByteSource): Promise<ZipArchive> {
  const entries = new Map<string, Entry>();
  try {
    await readDirectory(source, (entry) => {
      if (entries.size >= MAX_RECORDS) throw new Error(`it has more than ${MAX_RECORDS} records`);
      if (entries.has(entry.fileName)) throw new Error(`it has two records named ${JSON.stringify(entry.fileName)}`);
      entries.set(entry.fileName, entry);
    });
  } catch (cause) {
    if (cause instanceof WeightFormatError) throw cause;
    throw new WeightFormatError(source.path, `the zip archive is truncated or damaged (${(cause as Error).message})`, {
      cause,
    });
  }
  const find = (name: string): Entry => {
    const entry = entries.get(name);
    if (entry === undefined) throw new WeightFormatError(source.path, 'the archive lacks this record', { entry: name });
    return entry;
  };
  const record = (name: string): StorageSource => {
    const entry = find(name);
    // Checked before anybody asks for memory of this size.
    const limit = entry.compressionMethod === DEFLATED ? MAX_INFLATED_BYTES : source.size;
    if (entry.uncompressedSize > limit) {
      const reason =
        entry.compressionMethod === DEFLATED ? 'save the checkpoint again with torch.save' : 'truncated or damaged';
      const problem = `has ${entry.uncompressedSize} bytes, at most ${limit} are possible; ${reason}`;
      throw new WeightFormatError(source.path, problem, { entry: name });
    }
    let opened: Promise<StorageSource> | undefined;
    return {
      byteLength: entry.uncompressedSize,
      async read(target, position) {
        opened ??= openRecord(source, entry);
        await (await opened).read(target, position);
      },
    };
  };
  return {
    names: [...entries.keys()],
    has: (name) => entries.has(name),
    record,
    async read(name, limit) {
      const { byteLength, read } = record(name);
      if (byteLength > limit)
        throw new WeightFormatError(source.path, `has ${byteLength} bytes, more than ${limit}`, { entry: name });
      const bytes = new Uint8Array(byteLength);
      await read(bytes, 0);
      return bytes;
    },
  };
}

/** Finds the data behind the local header, whose length the directory does not tell. */
async function openRecord(source: ByteSource, entry: Entry): Promise<StorageSource> {
  const fail = (problem: string): never => {
    throw new WeightFormatError(source.path, problem, { entry: entry.fileName });
  };
  const start = entry.relativeOffsetOfLocalHeader;
  const bytes = await readBytes(
    source,
    start,
    LOCAL_HEADER_BYTES,
    `the header of record ${JSON.stringify(entry.fileName)}`,
  );
  const header = new DataView(bytes.buffer);
  if (header.getUint32(0, true) !== LOCAL_HEADER_MAGIC)
    fail('has no record header where the directory points: damaged');
  const data = start + LOCAL_HEADER_BYTES + header.getUint16(26, true) + header.getUint16(28, true);
  if ((entry.generalPurposeBitFlag & ENCRYPTED) !== 0) fail('is encrypted');
  if (entry.compressionMethod === STORED) {
    if (entry.compressedSize !== entry.uncompressedSize) fail('has two sizes: damaged');
    return {
      byteLength: entry.uncompressedSize,
      read(target, position) {
        if (position + target.byteLength > entry.uncompressedSize)
          fail(`ends at byte ${entry.uncompressedSize}: damaged`);
        return source.read(target, data + position);
      },
    };
  }
  if (entry.compressionMethod !== DEFLATED) fail(`has compression method ${entry.compressionMethod}; 0 and 8 are read`);
  const packed = await readBytes(source, data, entry.compressedSize, `record ${JSON.stringify(entry.fileName)}`);
  let unpacked: Uint8Array;
  try {
    // One byte more than promised, so that a longer one is noticed below.
    unpacked = await inflate(packed, { maxOutputLength: entry.uncompressedSize + 1 });
  } catch (cause) {
    throw new WeightFormatError(source.path, `does not unpack (${(cause as Error).message})`, {
      entry: entry.fileName,
      cause,
    });
  }
  if (unpacked.byteLength !== entry.uncompressedSize) fail('unpacks to another size than the directory says: damaged');
  return {
    byteLength: unpacked.byteLength,
    read: async (target, position) => target.set(unpacked.subarray(position, position + target.byteLength)),
  };
}

async function readDirectory(source: ByteSource, onEntry: (entry: Entry) => void): Promise<void> {
  const reader = new WindowReader(source);
  const zip = await new Promise<ZipFile>((resolve, reject) => {
    reader.once('error', reject);
    const options = { lazyEntries: true, autoClose: false, validateEntrySizes: false };
    yauzl.fromRandomAccessReader(reader, source.size, options, (error, file) =>
      error ? reject(error) : resolve(file),
    );
  });
  await new Promise<void>((resolve, reject) => {
    zip.once('error', reject);
    zip.once('end', resolve);
    zip.on('entry', (entry: Entry) => {
      try {
        onEntry(entry);
        zip.readEntry();
      } catch (error) {
        reject(error);
      }
    });
    zip.readEntry();
  }).finally(() => zip.close());
}

/** Serves yauzl's small reads; an error thrown while it parses damaged bytes becomes its 'error' event. */
class WindowReader extends yauzl.RandomAccessReader {
  readonly #source: ByteSource;
  #window = new Uint8Array(0);
  #start = 0;

  constructor(source: ByteSource) {
    super();
    this.#source = source;
  }

  override read(
    buffer: Buffer,
    offset: number,
    length: number,
    position: number,
    callback: (error: Error | null) => void,
  ): void {
    this.#fill(buffer.subarray(offset, offset + length), position)
      .then(
        () => callback(null),
        (error) => callback(error as Error),
      )
      .catch((error) => this.emit('error', error));
  }

  async #fill(target: Uint8Array, position: number): Promise<void> {
    const inside = position >= this.#start && position + target.length <= this.#start + this.#window.length;
    if (!inside) {
      const length = Math.max(target.length, Math.min(WINDOW_BYTES, this.#source.size - position));
      this.#window = await readBytes(this.#source, position, length, 'the archive directory');
      this.#start = position;
    }
    target.set(this.#window.subarray(position - this.#start, position - this.#start + target.length));
  }
}
