/** Writes a file under a temporary name and renames it when complete, so that nobody ever sees half a checkpoint. */
import { randomUUID } from 'node:crypto';
import { type FileHandle, mkdir, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

export interface FileWriter {
  /** Bytes written so far. */
  readonly position: number;
  append(bytes: Uint8Array): Promise<void>;
  /** Overwrites earlier bytes, for sizes and checksums known only after the data. */
  patch(bytes: Uint8Array, position: number): Promise<void>;
}

/** Runs `write`, flushes, renames. When anything fails the temporary file is removed and an older file stays as it was. */
export async function writeAtomically(path: string, write: (file: FileWriter) => Promise<void>): Promise<void> {
  const folder = dirname(path);
  await mkdir(folder, { recursive: true });
  const temporary = join(folder, `.${basename(path)}.${randomUUID()}.tmp`);
  const handle = await open(temporary, 'wx', 0o644);
  try {
    try {
      await write(new HandleWriter(handle));
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

// One call writes less than 2 GiB on every platform.
const MAX_WRITE_BYTES = 64 * 1024 * 1024;

class HandleWriter implements FileWriter {
  position = 0;
  readonly #handle: FileHandle;

  constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  async append(bytes: Uint8Array): Promise<void> {
    const at = this.position;
    this.position += bytes.byteLength;
    await this.patch(bytes, at);
  }

  async patch(bytes: Uint8Array, position: number): Promise<void> {
    for (let done = 0; done < bytes.byteLength; ) {
      const length = Math.min(MAX_WRITE_BYTES, bytes.byteLength - done);
      const { bytesWritten } = await this.#handle.write(bytes, done, length, position + done);
      done += bytesWritten;
    }
  }
}
