/** Positional reads: nothing is read but what is asked for, so a file of any size is opened at once. */
import { WeightFormatError } from '../errors';

export interface ByteSource {
  /** Path for messages. */
  readonly path: string;
  readonly size: number;
  /** Fills `target` from `position` on; fails when the source ends before. */
  read(target: Uint8Array, position: number): Promise<void>;
  close(): Promise<void>;
}

export function fromMemory(bytes: Uint8Array, path = '<memory>'): ByteSource {
  return {
    path,
    size: bytes.byteLength,
    async read(target, position) {
      checkRange(path, bytes.byteLength, position, target.byteLength);
      target.set(bytes.subarray(position, position + target.byteLength));
    },
    close: async () => {},
  };
}

/** Reads a range into fresh memory. */
export async function readBytes(
  source: ByteSource,
  position: number,
  length: number,
  what: string,
): Promise<Uint8Array<ArrayBuffer>> {
  // Checked before the memory is asked for: a damaged length must not allocate gigabytes.
  checkRange(source.path, source.size, position, length, what);
  checkArray(source.path, length, what);
  const bytes = new Uint8Array(length);
  await source.read(bytes, position);
  return bytes;
}

/** What one array holds in every browser, and in the oldest Node that is supported. */
const MAX_ARRAY_BYTES = 2 ** 32;

/** @throws {@link WeightFormatError} for more bytes than one array holds. */
export function checkArray(path: string, bytes: number, what: string, entry?: string): void {
  if (bytes <= MAX_ARRAY_BYTES) return;
  throw new WeightFormatError(path, `${what} takes ${bytes} bytes; one array holds ${MAX_ARRAY_BYTES} at most`, {
    entry,
  });
}

export function checkRange(path: string, size: number, position: number, length: number, what = 'a record'): void {
  if (!(position >= 0 && length >= 0 && position + length <= size)) {
    throw new WeightFormatError(
      path,
      `truncated or damaged: ${what} takes bytes ${position} to ${position + length}, the file has ${size}`,
    );
  }
}
