/** Positional reads from a file. */
import { FileError } from '@icconv/base';
import { openOrdinaryFile } from '@icconv/base/files';
import { WeightFormatError } from '../errors';
import { type ByteSource, checkRange } from './byte-source';

// One read call takes less than 2 GiB on every platform; smaller pieces also let other requests of the thread pool in between.
const MAX_READ_BYTES = 64 * 1024 * 1024;

/**
 * Headers and small tensors lie close together, and each request of the operating system costs more than their bytes: requests up to
 * SMALL_BYTES are served from a window that was read at once.
 */
const SMALL_BYTES = 16 * 1024;
const WINDOW_BYTES = 128 * 1024;

export async function openFile(path: string): Promise<ByteSource> {
  const { handle, size } = await openOrdinaryFile(path).catch((cause: unknown) => {
    if (!FileError.isInstance(cause)) throw cause;
    throw new WeightFormatError(path, `cannot be opened: ${cause.reason}`, { cause });
  });
  const readAt = async (target: Uint8Array, position: number): Promise<void> => {
    for (let done = 0; done < target.byteLength; ) {
      const length = Math.min(MAX_READ_BYTES, target.byteLength - done);
      const { bytesRead } = await handle.read(target, done, length, position + done);
      if (bytesRead === 0) {
        throw new WeightFormatError(path, `became shorter while it was read, at byte ${position + done}`);
      }
      done += bytesRead;
    }
  };
  let window = { start: 0, bytes: new Uint8Array(0) };
  return {
    path,
    size,
    async read(target, position) {
      checkRange(path, size, position, target.byteLength);
      if (target.byteLength > SMALL_BYTES) return readAt(target, position);
      let { start, bytes } = window;
      if (position < start || position + target.byteLength > start + bytes.byteLength) {
        start = position;
        bytes = new Uint8Array(Math.min(WINDOW_BYTES, size - position));
        await readAt(bytes, position);
        window = { start, bytes };
      }
      target.set(bytes.subarray(position - start, position - start + target.byteLength));
    },
    close: () => handle.close(),
  };
}
