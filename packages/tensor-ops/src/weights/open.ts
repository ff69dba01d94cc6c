/** Opens a weight file of any known format; the first bytes decide, not the name. */
import { fileURLToPath } from 'node:url';
import { WeightFormatError } from '../errors';
import { type ByteSource, fromMemory, readBytes } from './byte-source';
import { describeHead } from './describe-head';
import { openFile } from './file-source';
import { type PytorchReadOptions, readPickles, readPytorchZip } from './pytorch/read';
import { MAX_HEADER_BYTES, readSafetensors } from './safetensors/read';
import { readShardedSafetensors } from './safetensors/sharded';
import type { WeightFile } from './weight-file';

export type OpenWeightsOptions = PytorchReadOptions;

/**
 * Opens a safetensors file, the index of a sharded one, a PyTorch checkpoint (zip or legacy), or a pickle of NumPy arrays.
 *
 * Only names, shapes and positions are read. Close the file when done.
 *
 * @param file - path, file URL, or the whole file in memory.
 * @throws {@link WeightFormatError} when it is none of these, truncated or damaged; RefusedPickleError when a checkpoint calls
 *   for functions that weights have no need of, or has its weights inside Python objects.
 * @example
 * const file = await openWeights('resnet50.pth');
 * const bias = await file.read('fc.bias'); // Float32Array(1000)
 * await file.close();
 */
export async function openWeights(
  file: string | URL | Uint8Array,
  options: OpenWeightsOptions = {},
): Promise<WeightFile> {
  const source =
    file instanceof Uint8Array ? fromMemory(file) : await openFile(file instanceof URL ? fileURLToPath(file) : file);
  try {
    return await openSource(source, options);
  } catch (error) {
    await source.close();
    throw error;
  }
}

/** Opens a file for the time of `use`; as {@link openWeights}. */
export async function withWeights<T>(
  file: string | URL | Uint8Array,
  options: OpenWeightsOptions,
  use: (file: WeightFile) => Promise<T>,
): Promise<T> {
  const opened = await openWeights(file, options);
  try {
    return await use(opened);
  } finally {
    await opened.close();
  }
}

// A tar header is the first block of 512 bytes; everything else is known by fewer.
const HEAD_BYTES = 512;
const PICKLE_PROTOCOL = 0x80;
/**
 * Pickles of protocols 0 and 1 have no mark of their own: the magic number of a checkpoint, or the start of a dictionary, a list or an
 * object as Python writes them.
 */
const OLD_PICKLE =
  /^(?:L119547037146038801333356L\n\.|\([dlt]p?\d*\n|\(c[\w.]+\n\w+\n|[}\]]q[\0-\xff]|[}\]][.(]|c[\w.]+\n\w+\n|\([dl]\.)/;

async function openSource(source: ByteSource, options: OpenWeightsOptions): Promise<WeightFile> {
  const { path, size } = source;
  const head = Buffer.from(await readBytes(source, 0, Math.min(HEAD_BYTES, size), 'the first block'));
  const text = head.toString('latin1');
  if (size === 0) throw new WeightFormatError(path, 'is empty');
  // First, since the length before the header may begin with any byte.
  if (text[8] === '{' && head.readBigUInt64LE(0) <= MAX_HEADER_BYTES) return readSafetensors(source, options.limits);
  if (text.startsWith('PK\x03\x04')) return readPytorchZip(source, options);
  if (head[0] === PICKLE_PROTOCOL || OLD_PICKLE.test(text)) return readPickles(source, options);
  if (text.slice(257, 262) === 'ustar' || isOldTar(text)) {
    throw new WeightFormatError(
      path,
      'a tar archive: the format of PyTorch before 0.2, which is not read; load and save it once with PyTorch',
    );
  }
  if (text[0] === '{') return readShardedSafetensors(source, options.limits);
  if (text[8] === '{') return readSafetensors(source, options.limits);
  throw new WeightFormatError(path, describeHead(head));
}

/** Tar files older than the ustar marker: an octal checksum at byte 148 that fits. */
function isOldTar(text: string): boolean {
  if (text.length < HEAD_BYTES) return false;
  const stored = Number.parseInt(text.slice(148, 156).replaceAll('\0', ' ').trim(), 8);
  const blank = `${text.slice(0, 148)}        ${text.slice(156)}`;
  let sum = 0;
  for (let i = 0; i < blank.length; i++) sum += blank.charCodeAt(i);
  return stored === sum;
}
