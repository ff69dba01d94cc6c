/** Writes safetensors files, in one piece or in shards with an index. Source: the format section of the safetensors README. */
import { basename, dirname, extname, join } from 'node:path';
import { writeAtomically } from '@icconv/base/files';
import { InvalidArgumentError } from '../../errors';
import { DTYPES } from '../dtypes';
import { checkNames, readWritable, type WritableTensor, writableBytes } from '../writable';

export interface SafetensorsWriteOptions {
  /** Texts for the header's `__metadata__`. */
  readonly metadata?: Readonly<Record<string, string>>;
  /**
   * When the tensors take more bytes, writes `<name>-00001-of-0000N.safetensors` and so on, each with this much at most (a larger tensor
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
  const stem = basename(path, extname(path));
  const map: Record<string, string> = {};
  for (const [index, shard] of shards.entries()) {
    const file = `${stem}-${pad(index + 1)}-of-${pad(shards.length)}.safetensors`;
    await writeFile(join(dirname(path), file), shard, options.metadata);
    for (const { name } of shard) map[name] = file;
  }
  // Last, so that an index never names a file that is not there yet.
  const target = join(dirname(path), `${stem}.safetensors.index.json`);
  const total = tensors.reduce((sum, tensor) => sum + writableBytes(tensor), 0);
  const text = `${JSON.stringify({ metadata: { total_size: total }, weight_map: map }, undefined, 2)}\n`;
  await writeAtomically(target, (file) => file.append(Buffer.from(text)));
  return target;
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
