/** Writes safetensors files, in one piece or in shards with an index. Source: the format section of the safetensors README. */
import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { FileError } from '@icconv/base';
import { readOrdinaryFile, writeAtomically } from '@icconv/base/files';
import { InvalidArgumentError, WeightFormatError } from '../../errors';
import { DTYPES } from '../dtypes';
import { checkNames, readWritable, type WritableTensor, writableBytes } from '../writable';
import { parseIndex } from './sharded';

export interface SafetensorsWriteOptions {
  /** Texts for the header's `__metadata__`. */
  readonly metadata?: Readonly<Record<string, string>>;
  /**
   * When the tensors take more bytes, writes `<name>-<run>-00001-of-0000N.safetensors` and so on, each with this much at most (a larger tensor
   * gets a file of its own), and the index `<name>.safetensors.index.json`.
   */
  readonly maxShardBytes?: number;
}

/** @returns the file written, or the index when there is more than one. */
export async function writeSafetensors(
  path: string,
  tensors: readonly WritableTensor[],
  options: SafetensorsWriteOptions = {},
): Promise<string> {
  checkNames(tensors);
  const shards = split(tensors, options.maxShardBytes ?? Number.POSITIVE_INFINITY);
  if (shards.length <= 1) {
    await writeFile(path, tensors, options.metadata);
    return path;
  }
  return writeShards(path, shards, options.metadata);
}

/**
 * Shards get names of their own in every run, and the index is renamed last: whenever the process ends, the index names files of one run.
 * Those of the older index are removed when the new one stands.
 */
async function writeShards(
  path: string,
  shards: readonly (readonly WritableTensor[])[],
  metadata: Readonly<Record<string, string>> | undefined,
): Promise<string> {
  const folder = dirname(path);
  const stem = basename(path, extname(path));
  const run = randomUUID().slice(0, 8);
  const index = join(folder, `${stem}.safetensors.index.json`);
  const older = await shardsOf(index, stem);
  const files = shards.map((_, i) => `${stem}-${run}-${pad(i + 1)}-of-${pad(shards.length)}.safetensors`);
  try {
    for (const [i, shard] of shards.entries()) await writeFile(join(folder, files[i]!), shard, metadata);
    const map = shards.flatMap((shard, i) => shard.map(({ name }) => [name, files[i]!] as const));
    const total = shards.flat().reduce((sum, tensor) => sum + writableBytes(tensor), 0);
    const content = { metadata: { total_size: total }, weight_map: Object.fromEntries(map) };
    await writeAtomically(index, `${JSON.stringify(content, undefined, 2)}\n`);
  } catch (error) {
    await removeAll(folder, files);
    throw error;
  }
  await removeAll(folder, older);
  return index;
}

/** The shards that an index names, as far as they have the names that are given here. */
async function shardsOf(index: string, stem: string): Promise<string[]> {
  try {
    const files = parseIndex(await readOrdinaryFile(index), index, undefined);
    const ours = (file: string) => file.startsWith(`${stem}-`) && SHARD_NAME.test(file.slice(stem.length));
    return [...new Set(files.values())].filter(ours);
  } catch (error) {
    if (!FileError.isInstance(error) && !WeightFormatError.isInstance(error)) throw error;
    // No index, or one of another program: nothing of it is ours to remove.
    return [];
  }
}

const SHARD_NAME = /^(?:-[0-9a-f]{8})?-\d{5}-of-\d{5}\.safetensors$/;

async function removeAll(folder: string, files: readonly string[]): Promise<void> {
  for (const file of files) await rm(join(folder, file), { force: true });
}

async function writeFile(
  path: string,
  tensors: readonly WritableTensor[],
  metadata: Readonly<Record<string, string>> | undefined,
): Promise<void> {
  // Wide elements first: then every tensor is aligned to its element size, which readers that map the file need.
  const ordered = [...tensors].sort((a, b) => DTYPES[b.dtype].size - DTYPES[a.dtype].size);
  const header: [string, unknown][] = [];
  if (metadata !== undefined && Object.keys(metadata).length > 0) header.push(['__metadata__', metadata]);
  let position = 0;
  for (const tensor of ordered) {
    const { safetensors: dtype } = DTYPES[tensor.dtype];
    if (dtype === undefined || tensor.name === '__metadata__') {
      throw new InvalidArgumentError(
        'writeSafetensors',
        `tensor ${tensor.name}`,
        tensor.dtype,
        'of a name and dtype that safetensors has',
      );
    }
    const end = position + writableBytes(tensor);
    header.push([tensor.name, { dtype, shape: tensor.shape, data_offsets: [position, end] }]);
    position = end;
  }
  const json = JSON.stringify(Object.fromEntries(header));
  // Spaces at the end of the header align the data to 8 bytes.
  const length = Math.ceil(Buffer.byteLength(json) / 8) * 8;
  const head = Buffer.alloc(8 + length, ' ');
  head.writeBigUInt64LE(BigInt(length), 0);
  head.write(json, 8);
  await writeAtomically(path, async (file) => {
    await file.append(head);
    for (const tensor of ordered) await file.append(await readWritable(tensor));
  });
}

function split(tensors: readonly WritableTensor[], maxBytes: number): WritableTensor[][] {
  const shards: WritableTensor[][] = [];
  let room = 0;
  for (const tensor of tensors) {
    const bytes = writableBytes(tensor);
    if (shards.length === 0 || bytes > room) {
      shards.push([]);
      room = maxBytes;
    }
    shards.at(-1)!.push(tensor);
    room -= bytes;
  }
  return shards;
}

const pad = (index: number) => String(index).padStart(5, '0');
