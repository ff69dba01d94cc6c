/**
 * safetensors: eight bytes of header length, a JSON header, then the tensors' bytes. A sharded checkpoint is several such files and
 * an index that says which file holds which tensor.
 *
 * Source: the format section of the safetensors README; the limits are those of its reference implementation.
 */
import { dirname, join } from 'node:path';
import { WeightFormatError } from '../../errors';
import { type ByteSource, openFile, readBytes } from '../byte-source';
import { DTYPES, dtypeFromSafetensors } from '../dtypes';
import { elementCount, rowMajor } from '../strided';
import { type MetadataValue, type StorageSource, type StoredTensor, WeightFile } from '../weight-file';

/** The reference implementation's bound: a longer header means that these are not the first bytes of a safetensors file. */
export const MAX_HEADER_BYTES = 100_000_000;

interface Shard {
  readonly tensors: StoredTensor[];
  readonly metadata: Map<string, MetadataValue>;
}

export async function readSafetensors(source: ByteSource): Promise<WeightFile> {
  const { tensors, metadata } = await readShard(source);
  return new WeightFile(source.path, 'safetensors', tensors, metadata, [source]);
}

/** Opens `model.safetensors.index.json` with the files that it names, which lie in its folder. */
export async function readShardedSafetensors(index: ByteSource): Promise<WeightFile> {
  const { path } = index;
  const files = parseIndex(await readBytes(index, 0, index.size, 'the index'), path);
  await index.close();
  const sources: ByteSource[] = [];
  try {
    const tensors: StoredTensor[] = [];
    const metadata = new Map<string, MetadataValue>();
    for (const file of new Set(files.values())) {
      const source = await openFile(join(dirname(path), file));
      sources.push(source);
      const shard = await readShard(source);
      for (const [key, value] of shard.metadata) metadata.set(key, value);
      for (const tensor of shard.tensors) {
        if (files.get(tensor.name) === file) tensors.push({ ...tensor, storage: `${file}:${tensor.storage}` });
      }
    }
    const found = new Set(tensors.map(({ name }) => name));
    for (const [name, file] of files) {
      if (!found.has(name))
        throw new WeightFormatError(path, `${file} does not hold this tensor, though the index says so`, {
          entry: name,
        });
    }
    return new WeightFile(path, 'safetensors', tensors, metadata, sources);
  } catch (error) {
    await Promise.all(sources.map((source) => source.close()));
    throw error;
  }
}

function parseIndex(bytes: Uint8Array, path: string): Map<string, string> {
  const { weight_map: map } = parseObject(bytes, path, 'the index');
  if (typeof map !== 'object' || map === null || Array.isArray(map)) {
    throw new WeightFormatError(path, 'a JSON file without a weight_map; expected model.safetensors.index.json');
  }
  const files = new Map<string, string>();
  for (const [name, file] of Object.entries(map)) {
    // A name with a folder in it could point anywhere on the disk.
    if (typeof file !== 'string' || file === '' || /[/\\\0]/.test(file) || file === '..') {
      throw new WeightFormatError(
        path,
        `is mapped to ${JSON.stringify(file)}; expected the name of a file beside the index`,
        { entry: name },
      );
    }
    files.set(name, file);
  }
  return files;
}

async function readShard(source: ByteSource): Promise<Shard> {
  const { path } = source;
  const prefix = await readBytes(source, 0, 8, 'the header length');
  const length = new DataView(prefix.buffer).getBigUint64(0, true);
  if (length > MAX_HEADER_BYTES) {
    throw new WeightFormatError(
      path,
      `not a safetensors file: its header would have ${length} bytes, at most ${MAX_HEADER_BYTES} are allowed`,
    );
  }
  const header = parseObject(await readBytes(source, 8, Number(length), 'the header'), path, 'the header');
  const start = 8 + Number(length);
  const data: StorageSource = {
    byteLength: source.size - start,
    read: (target, position) => source.read(target, start + position),
  };
  const metadata = new Map<string, MetadataValue>();
  const tensors: StoredTensor[] = [];
  for (const [name, value] of Object.entries(header)) {
    if (name === '__metadata__') {
      for (const [key, text] of Object.entries(Object(value) as object))
        if (typeof text === 'string') metadata.set(key, text);
    } else tensors.push(parseTensor(name, value, data, path));
  }
  checkCoverage(tensors, data.byteLength, path);
  return { tensors, metadata };
}

function parseTensor(name: string, value: unknown, data: StorageSource, path: string): StoredTensor {
  const fail = (problem: string): never => {
    throw new WeightFormatError(path, problem, { entry: name });
  };
  const whole = (n: unknown): n is number => Number.isSafeInteger(n) && (n as number) >= 0;
  if (typeof value !== 'object' || value === null) return fail('its header entry is damaged');
  const { dtype: tag, shape, data_offsets: range } = value as Record<string, unknown>;
  if (!Array.isArray(shape) || !shape.every(whole)) return fail('its shape is damaged');
  if (!Array.isArray(range) || range.length !== 2 || !range.every(whole)) return fail('its data_offsets are damaged');
  const dtype = typeof tag === 'string' ? dtypeFromSafetensors(tag) : undefined;
  if (dtype === undefined) return fail(`its dtype ${JSON.stringify(tag)} is not known`);
  const [begin, end] = range as [number, number];
  const { size } = DTYPES[dtype];
  const bytes = elementCount(shape) * size;
  if (end - begin !== bytes)
    return fail(`shape [${shape.join(', ')}] of ${dtype} takes ${bytes} bytes, its data_offsets hold ${end - begin}`);
  if (end > data.byteLength) return fail(`ends at byte ${end} of the data, the file has ${data.byteLength}: truncated`);
  // Each tensor is a storage of its own, since data need not be aligned to its element size.
  const source: StorageSource = { byteLength: bytes, read: (target, position) => data.read(target, begin + position) };
  return {
    name,
    path: [name],
    shape,
    dtype,
    bytes,
    storage: String(begin),
    source,
    offset: 0,
    strides: rowMajor(shape),
  };
}

/** The format allows neither gaps nor overlaps, so either means damage (or data hidden in the file). */
function checkCoverage(tensors: readonly StoredTensor[], size: number, path: string): void {
  const ordered = tensors.map(({ name, storage, bytes }) => ({ name, begin: Number(storage), bytes }));
  ordered.sort((a, b) => a.begin - b.begin || a.bytes - b.bytes);
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

function parseObject(bytes: Uint8Array, path: string, what: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new WeightFormatError(path, `${what} is not JSON (${(cause as Error).message})`, { cause });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new WeightFormatError(path, `${what} is not a JSON object`);
  }
  return value as Record<string, unknown>;
}
