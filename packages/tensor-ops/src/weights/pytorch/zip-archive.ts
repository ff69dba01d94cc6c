/**
 * The records of a zip archive by name. yauzl reads the directory (ZIP64 included); records are then read by position, and the checksum of
 * every record that is read is checked.
 */
import { promisify } from 'node:util';
import { inflateRaw } from 'node:zlib';
import yauzl, { type Entry, type ZipFile } from 'yauzl';
import { WeightFormatError } from '../../errors';
import { type ByteSource, readBytes } from '../byte-source';
import { limitError, type WeightLimits } from '../limits';
import type { StorageSource } from '../weight-file';
import { CheckedSource } from './checked-source';
import { crc32 } from './crc32';

/** One tensor is one record; the largest public checkpoints have some 10^5. */
const MAX_RECORDS = 1_000_000;
/** What all compressed records may unpack to, beside a multiple of the file: weights shrink by a tenth, deflate can a thousandfold. */
const INFLATED_BYTES = 256 * 1024 * 1024;
const INFLATED_TIMES_FILE = 20;
const MAX_NAME_LENGTH = 4096;
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
  /** Bytes of the record. */
  size(name: string): number;
  /** The record as a source that reads on demand. */
  record(name: string): StorageSource;
  /** The whole record, at most `limit` bytes. */
  read(name: string, limit: number): Promise<Uint8Array<ArrayBuffer>>;
}

export async function readZip(source: ByteSource, limits: Pick<WeightLimits, 'maxInflatedBytes'>): Promise<ZipArchive> {
  const entries = new Map<string, Entry>();
  try {
    await readDirectory(source, (entry) => {
      if (entries.size >= MAX_RECORDS) throw new Error(`it has more than ${MAX_RECORDS} records`);
      if (entry.fileName.length > MAX_NAME_LENGTH) throw new Error(`a name has ${entry.fileName.length} characters`);
      if (entries.has(entry.fileName)) throw new Error(`it has two records named ${JSON.stringify(entry.fileName)}`);
      entries.set(entry.fileName, entry);
    });
  } catch (cause) {
    if (WeightFormatError.isInstance(cause)) throw cause;
    throw new WeightFormatError(source.path, `the zip archive is truncated or damaged (${(cause as Error).message})`, {
      cause,
    });
  }
  checkPlaces(source, [...entries.values()]);
  checkInflated(source, [...entries.values()], limits.maxInflatedBytes);
  // torch can be told to save its time (`set_crc32_options(False)`): then every checksum of the archive is 0.
  const unchecked = [...entries.values()].every((entry) => entry.crc32 === 0);
  const unpacked = new UnpackedRecord(source, unchecked);
  const find = (name: string): Entry => {
    const entry = entries.get(name);
    if (entry === undefined) throw new WeightFormatError(source.path, 'the archive lacks this record', { entry: name });
    return entry;
  };
  const record = (name: string): StorageSource => {
    const entry = find(name);
    const { uncompressedSize: byteLength } = entry;
    if (entry.compressionMethod === DEFLATED) {
      return {
        byteLength,
        async read(target, position) {
          target.set((await unpacked.bytes(entry)).subarray(position, position + target.byteLength));
        },
      };
    }
    let opened: Promise<CheckedSource> | undefined;
    const open = () => {
      opened ??= openStored(source, entry).then(
        (stored) => new CheckedSource(stored, unchecked ? undefined : entry.crc32, source.path, name),
      );
      return opened;
    };
    return {
      byteLength,
      read: async (target, position) => (await open()).read(target, position),
      settle: async () => (await open()).settle(),
    };
  };
  return {
    names: [...entries.keys()],
    has: (name) => entries.has(name),
    size: (name) => find(name).uncompressedSize,
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

/** No record may lie in another: a thousand records could share one megabyte, and each be unpacked by itself. */
function checkPlaces(source: ByteSource, entries: readonly Entry[]): void {
  const fail = (entry: Entry, problem: string): never => {
    throw new WeightFormatError(source.path, problem, { entry: entry.fileName });
  };
  const ordered = [...entries].sort((a, b) => a.relativeOffsetOfLocalHeader - b.relativeOffsetOfLocalHeader);
  let end = 0;
  let before: Entry | undefined;
  for (const entry of ordered) {
    const start = entry.relativeOffsetOfLocalHeader;
    if (before !== undefined && start < end)
      fail(entry, `lies inside the record ${JSON.stringify(before.fileName)}: damaged`);
    // The least that its header takes; the header itself may hold more.
    end = start + LOCAL_HEADER_BYTES + entry.compressedSize;
    if (!(start >= 0 && end <= source.size)) {
      fail(entry, `takes bytes ${start} to ${end}, the file has ${source.size}: truncated or damaged`);
    }
    if (entry.compressionMethod === STORED && entry.compressedSize !== entry.uncompressedSize)
      fail(entry, 'has two sizes: damaged');
    before = entry;
  }
}

function checkInflated(source: ByteSource, entries: readonly Entry[], limit: number | undefined): void {
  const most = limit ?? INFLATED_BYTES + INFLATED_TIMES_FILE * source.size;
  let bytes = 0;
  for (const entry of entries) {
    if (entry.compressionMethod === DEFLATED) bytes += entry.uncompressedSize;
    if (bytes > most) {
      throw limitError(
        source.path,
        'maxInflatedBytes',
        `its compressed records unpack to more than ${most} bytes, the file has ${source.size}`,
        entry.fileName,
      );
    }
  }
}

/** Keeps the one record that was unpacked last: a tensor is read in pieces, and many tensors one after the other. */
class UnpackedRecord {
  readonly #source: ByteSource;
  readonly #unchecked: boolean;
  #kept: { readonly entry: Entry; readonly bytes: Promise<Uint8Array> } | undefined;

  constructor(source: ByteSource, unchecked: boolean) {
    this.#source = source;
    this.#unchecked = unchecked;
  }

  bytes(entry: Entry): Promise<Uint8Array> {
    if (this.#kept?.entry !== entry) this.#kept = { entry, bytes: this.#unpack(entry) };
    return this.#kept.bytes;
  }

  async #unpack(entry: Entry): Promise<Uint8Array> {
    const fail = (problem: string, cause?: unknown): never => {
      throw new WeightFormatError(this.#source.path, problem, { entry: entry.fileName, cause });
    };
    const start = await dataStart(this.#source, entry);
    const packed = await readBytes(
      this.#source,
      start,
      entry.compressedSize,
      `record ${JSON.stringify(entry.fileName)}`,
    );
    let bytes: Uint8Array;
    try {
      // One byte more than promised, so that a longer one is noticed below.
      bytes = await inflate(packed, { maxOutputLength: entry.uncompressedSize + 1 });
    } catch (cause) {
      return fail(`does not unpack (${(cause as Error).message})`, cause);
    }
    if (bytes.byteLength !== entry.uncompressedSize) fail('unpacks to another size than the directory says: damaged');
    if (!this.#unchecked && crc32(bytes) !== entry.crc32) fail('its checksum does not fit its bytes: damaged');
    return bytes;
  }
}

/** Finds the data behind the local header, whose length the directory does not tell. */
async function dataStart(source: ByteSource, entry: Entry): Promise<number> {
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
  if ((entry.generalPurposeBitFlag & ENCRYPTED) !== 0) fail('is encrypted');
  const { compressionMethod: method } = entry;
  if (method !== STORED && method !== DEFLATED) fail(`has compression method ${method}; 0 and 8 are read`);
  return start + LOCAL_HEADER_BYTES + header.getUint16(26, true) + header.getUint16(28, true);
}

async function openStored(source: ByteSource, entry: Entry): Promise<StorageSource> {
  const data = await dataStart(source, entry);
  return {
    byteLength: entry.uncompressedSize,
    read(target, position) {
      if (position + target.byteLength > entry.uncompressedSize) {
        const problem = `ends at byte ${entry.uncompressedSize}: damaged`;
        throw new WeightFormatError(source.path, problem, { entry: entry.fileName });
      }
      return source.read(target, data + position);
    },
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
