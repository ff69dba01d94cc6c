/** The bytes of an encoded picture, from a file, an address or memory, and what they are. */
import { fileURLToPath } from 'node:url';
import { FileError } from '../errors/file-errors';
import { openOrdinaryFile, readOrdinaryFile } from '../files/read-file';
import { DecodeFailure } from './decode-failure';
import { fetchBytes, tooLong } from './fetch-bytes';
import type { DecodeOptions } from './image-input';
import { kindOf } from './input-kind';

const DEFAULT_MAX_BYTES = 2 ** 28;
export type EncodedInput = string | URL | Uint8Array | ArrayBuffer;

/** Reads all of it. @throws {@link DecodeFailure} */
export async function readEncoded(input: EncodedInput, path: string, options: DecodeOptions): Promise<Uint8Array> {
  const { maxBytes = DEFAULT_MAX_BYTES } = options;
  const bytes = await bytesOf(input, path, maxBytes, options);
  if (bytes.byteLength > maxBytes) throw new DecodeFailure(path, tooLong(maxBytes));
  if (bytes.byteLength === 0) throw new DecodeFailure(path, 'it is empty');
  checkFormat(bytes, path, options);
  return bytes;
}

/** Bytes enough to tell the format by, and for the longest header of a bitmap. */
const SNIFF_BYTES = 256;

/** A path whose first bytes are those of a picture, or the bytes: so that of a large file only the header is read. */
export async function forHeader(
  input: EncodedInput,
  path: string,
  options: DecodeOptions,
): Promise<{ readonly start: Uint8Array; readonly source: string | Uint8Array }> {
  const file = fileOf(input);
  if (file === undefined) {
    const bytes = await readEncoded(input, path, options);
    return { start: bytes, source: bytes };
  }
  try {
    const { handle, size } = await openOrdinaryFile(file);
    try {
      if (size === 0) throw new DecodeFailure(path, 'it is empty');
      const { buffer, bytesRead } = await handle.read(new Uint8Array(SNIFF_BYTES), 0, SNIFF_BYTES, 0);
      const start = buffer.subarray(0, bytesRead);
      checkFormat(start, path, options);
      return { start, source: file };
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw ofFile(path, error);
  }
}

/** The local file that an input names. */
function fileOf(input: EncodedInput): string | undefined {
  if (input instanceof ArrayBuffer || input instanceof Uint8Array) return undefined;
  const text = String(input);
  if (kindOf(input) !== 'path') return undefined;
  return /^file:/i.test(text) ? fileURLToPath(text) : text;
}

async function bytesOf(
  input: EncodedInput,
  path: string,
  maxBytes: number,
  options: DecodeOptions,
): Promise<Uint8Array> {
  if (input instanceof ArrayBuffer) return new Uint8Array(input);
  if (input instanceof Uint8Array) return input;
  const file = fileOf(input);
  if (file === undefined) return fetchBytes(String(input), path, maxBytes, options);
  try {
    return await readOrdinaryFile(file, { maxBytes });
  } catch (error) {
    throw ofFile(path, error);
  }
}

/** What sharp and this package decode, by the first bytes of a file. */
const SIGNATURES: readonly (readonly [offset: number, ascii: string])[] = [
  [0, '\xff\xd8\xff'],
  [0, '\x89PNG\r\n\x1a\n'],
  [0, 'GIF87a'],
  [0, 'GIF89a'],
  [8, 'WEBP'],
  [0, 'II*\0'],
  [0, 'MM\0*'],
  [0, 'II+\0'],
  [0, 'MM\0+'],
  [0, 'BM'],
  [4, 'ftypavif'],
  [4, 'ftypavis'],
  [4, 'ftypmif1'],
  [4, 'ftypmsf1'],
];

/**
 * Only known formats reach the decoder: libvips would also run programs that draw (SVG) and whatever else it was built with.
 */
function checkFormat(bytes: Uint8Array, path: string, { allowSvg = false }: DecodeOptions): void {
  const start = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.byteLength, SNIFF_BYTES)).toString('latin1');
  if (SIGNATURES.some(([offset, ascii]) => start.startsWith(ascii, offset))) return;
  const text = start.trimStart().replace(/^\xef\xbb\xbf/, '');
  if (/^<(?:!DOCTYPE html|html|head|body)/i.test(text)) {
    throw new DecodeFailure(
      path,
      'it is a web page, perhaps one that tells why the picture was not given; fetch it again',
    );
  }
  if (text.startsWith('version https://git-lfs')) {
    throw new DecodeFailure(path, 'it is the pointer of Git LFS, not the picture; git lfs pull fetches it');
  }
  if (/^<(?:svg|\?xml|!--|!DOCTYPE)/i.test(text)) {
    if (allowSvg) return;
    throw new DecodeFailure(path, 'it is SVG, which is taken with allowSvg only; save it as PNG');
  }
  throw new DecodeFailure(path, 'it is no picture of a known format');
}

function ofFile(path: string, error: unknown): unknown {
  if (!FileError.isInstance(error)) return error;
  const { cause } = error as Error;
  const missing = (cause as NodeJS.ErrnoException | undefined)?.code === 'ENOENT';
  return new DecodeFailure(path, missing ? 'no such file' : (error as FileError).reason, error);
}
