/** A sharded checkpoint: several safetensors files, and an index that says which file holds which tensor. */
import { dirname } from 'node:path';
import { UnsafeNameError } from '@icconv/base';
import { resolveInsideWithLinks } from '@icconv/base/files';
import { WeightFormatError } from '../../errors';
import { type ByteSource, readBytes } from '../byte-source';
import { openFile } from '../file-source';
import { parseJsonObject } from '../json';
import { type MetadataValue, type SkippedEntry, type StoredTensor, WeightFile } from '../weight-file';
import { type Limits, MAX_HEADER_BYTES, readShard } from './read';

/** `{ weight_map: {...} }`; the metadata beside it may nest. */
const INDEX_DEPTH = 16;
/** The largest public checkpoints have some 200; each is an open file. */
const MAX_SHARDS = 10_000;
/** Of every usual file system. */
const MAX_FILE_NAME = 255;

/** Opens `model.safetensors.index.json` with the files that it names, which lie in its folder. */
export async function readShardedSafetensors(index: ByteSource, limits: Limits): Promise<WeightFile> {
  const { path } = index;
  if (index.size > MAX_HEADER_BYTES) {
    throw new WeightFormatError(path, `an index of ${index.size} bytes, at most ${MAX_HEADER_BYTES} are allowed`);
  }
  const files = parseIndex(await readBytes(index, 0, index.size, 'the index'), path, limits);
  const names = new Set(files.values());
  if (names.size > MAX_SHARDS) {
    throw new WeightFormatError(path, `names ${names.size} files, at most ${MAX_SHARDS} are opened`);
  }
  await index.close();
  const sources: ByteSource[] = [];
  try {
    const tensors: StoredTensor[] = [];
    const metadata = new Map<string, MetadataValue>();
    const skipped: SkippedEntry[] = [];
    for (const file of names) {
      const source = await openFile(await placeOf(file, path));
      sources.push(source);
      const shard = await readShard(source, limits);
      for (const entry of shard.skipped) if (files.get(entry.name) === file) skipped.push(entry);
      for (const [key, value] of shard.metadata) metadata.set(key, value);
      for (const tensor of shard.tensors) {
        if (files.get(tensor.name) === file) tensors.push({ ...tensor, storage: `${file}:${tensor.storage}` });
      }
    }
    const found = new Set([...tensors, ...skipped].map(({ name }) => name));
    for (const [name, file] of files) {
      if (!found.has(name))
        throw new WeightFormatError(path, `${file} does not hold this tensor, though the index says so`, {
          entry: name,
        });
    }
    return new WeightFile(path, 'safetensors', tensors, metadata, sources, skipped);
  } catch (error) {
    await Promise.all(sources.map((source) => source.close()));
    throw error;
  }
}

/** A name could point anywhere on the disk, and a link in a folder from elsewhere too. */
async function placeOf(file: string, path: string): Promise<string> {
  try {
    return await resolveInsideWithLinks(dirname(path), file, path);
  } catch (cause) {
    if (!UnsafeNameError.isInstance(cause)) throw cause;
    throw new WeightFormatError(path, `a file of the index is not beside it: ${cause.message}`, { cause });
  }
}

export function parseIndex(bytes: Uint8Array, path: string, limits: Limits): Map<string, string> {
  const { weight_map: map } = parseJsonObject(bytes, path, { what: 'the index', maxDepth: INDEX_DEPTH, limits });
  if (typeof map !== 'object' || map === null || Array.isArray(map)) {
    throw new WeightFormatError(path, 'a JSON file without a weight_map; expected model.safetensors.index.json');
  }
  const files = new Map<string, string>();
  for (const [name, file] of Object.entries(map)) {
    if (
      typeof file !== 'string' ||
      file === '' ||
      file.length > MAX_FILE_NAME ||
      /[/\\\0]/.test(file) ||
      file === '..'
    ) {
      throw new WeightFormatError(
        path,
        `is mapped to ${(JSON.stringify(file) ?? 'nothing').slice(0, 200)}; expected the name of a file beside the index`,
        { entry: name },
      );
    }
    files.set(name, file);
  }
  return files;
}
