/**
 * safetensors: eight bytes of header length, a JSON header, then the tensors' bytes.
 *
 * Source: the format section of the safetensors README; the limits are those of its reference implementation.
 */
import { WeightFormatError } from '../../errors';
import { type ByteSource, readBytes } from '../byte-source';
import { DTYPES, dtypeFromSafetensors } from '../dtypes';
import { parseJsonObject } from '../json';
import type { WeightLimits } from '../limits';
import { elementCount, rowMajor } from '../strided';
import {
  type MetadataValue,
  type SkippedEntry,
  type StorageSource,
  type StoredTensor,
  WeightFile,
} from '../weight-file';

/** The reference implementation's bound: a longer header means that these are not the first bytes of a safetensors file. */
export const MAX_HEADER_BYTES = 100_000_000;
/** `{ name: { shape: [...] } }`. */
const HEADER_DEPTH = 3;

export type Limits = Partial<WeightLimits> | undefined;

interface Shard {
  readonly tensors: StoredTensor[];
  readonly skipped: SkippedEntry[];
  readonly metadata: Map<string, MetadataValue>;
}

export async function readSafetensors(source: ByteSource, limits: Limits): Promise<WeightFile> {
  const { tensors, metadata, skipped } = await readShard(source, limits);
  return new WeightFile(source.path, 'safetensors', tensors, metadata, [source], skipped);
}

export async function readShard(source: ByteSource, limits: Limits): Promise<Shard> {
  const { path } = source;
  const prefix = await readBytes(source, 0, 8, 'the header length');
  const length = new DataView(prefix.buffer).getBigUint64(0, true);
  if (length > MAX_HEADER_BYTES) {
    throw new WeightFormatError(
      path,
      `not a safetensors file: its header would have ${length} bytes, at most ${MAX_HEADER_BYTES} are allowed`,
    );
  }
  const header = parseJsonObject(await readBytes(source, 8, Number(length), 'the header'), path, {
    what: 'the header',
    maxDepth: HEADER_DEPTH,
    limits,
  });
  const start = 8 + Number(length);
  const data: StorageSource = {
    byteLength: source.size - start,
    read: (target, position) => source.read(target, start + position),
  };
  const metadata = new Map<string, MetadataValue>();
  const shard: Shard = { tensors: [], skipped: [], metadata };
  const ranges: Range[] = [];
  for (const [name, value] of Object.entries(header)) {
    if (name === '__metadata__') {
      for (const [key, text] of Object.entries(Object(value) as object))
        if (typeof text === 'string') metadata.set(key, text);
    } else ranges.push(parseTensor(name, value, data, path, shard));
  }
  checkCoverage(ranges, data.byteLength, path);
  return shard;
}

interface Range {
  readonly name: string;
  readonly begin: number;
  readonly bytes: number;
}

/** Adds a tensor to the shard's, and tells where it lies. */
function parseTensor(name: string, value: unknown, data: StorageSource, path: string, shard: Shard): Range {
  const fail = (problem: string): never => {
    throw new WeightFormatError(path, problem, { entry: name });
  };
  const whole = (n: unknown): n is number => Number.isSafeInteger(n) && (n as number) >= 0;
  if (typeof value !== 'object' || value === null) return fail('its header entry is damaged');
  const { dtype: tag, shape, data_offsets: range } = value as Record<string, unknown>;
  if (!Array.isArray(shape) || !shape.every(whole)) return fail('its shape is damaged');
  if (!Array.isArray(range) || range.length !== 2 || !range.every(whole)) return fail('its data_offsets are damaged');
  const [begin, end] = range as [number, number];
  if (end < begin) return fail('its data_offsets are damaged');
  if (end > data.byteLength) return fail(`ends at byte ${end} of the data, the file has ${data.byteLength}: truncated`);
  const dtype = typeof tag === 'string' ? dtypeFromSafetensors(tag) : undefined;
  if (dtype === undefined) {
    // Types come with time, some of less than a byte: the tensor's place is known all the same.
    if (typeof tag !== 'string' || !/^[A-Z][A-Z0-9_]{0,30}$/.test(tag)) return fail('its dtype is damaged');
    shard.skipped.push({ name, path: [name], kind: 'tensor', reason: `its element type ${tag} is not read` });
    return { name, begin, bytes: end - begin };
  }
  const { size } = DTYPES[dtype];
  const bytes = elementCount(shape) * size;
  if (end - begin !== bytes) {
    const shown = shape.slice(0, 8).join(', ') + (shape.length > 8 ? ', ...' : '');
    return fail(`shape [${shown}] of ${dtype} takes ${bytes} bytes, its data_offsets hold ${end - begin}`);
  }
  // Each tensor is a storage of its own, since data need not be aligned to its element size.
  const source: StorageSource = { byteLength: bytes, read: (target, position) => data.read(target, begin + position) };
  shard.tensors.push({
    name,
    path: [name],
    shape,
    dtype,
    bytes,
    storage: String(begin),
    source,
    offset: 0,
    strides: rowMajor(shape),
  });
  return { name, begin, bytes };
}

/** The format allows neither gaps nor overlaps, so either means damage (or data hidden in the file). */
function checkCoverage(ranges: readonly Range[], size: number, path: string): void {
  const ordered = [...ranges].sort((a, b) => a.begin - b.begin || a.bytes - b.bytes);
  let position = 0;
  for (const { name, begin, bytes } of ordered) {
    if (begin !== position)
      throw new WeightFormatError(path, `begins at byte ${begin} of the data, expected ${position}: damaged`, {
        entry: name,
      });
    position += bytes;
  }
  if (position !== size)
    throw new WeightFormatError(path, `has ${size} bytes of data, its tensors take ${position}: damaged`);
}
