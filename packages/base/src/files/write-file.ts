/** Writes a file under a temporary name and renames it when complete, so that nobody ever sees half of it. */
import { randomUUID } from 'node:crypto';
import { type FileHandle, mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { FileError } from '../errors/file-errors';
import { flush } from './flush';

export interface FileWriter {
  /** Bytes written so far. */
  readonly position: number;
  append(bytes: Uint8Array): Promise<void>;
  /** Overwrites earlier bytes, for sizes and checksums known only after the data. */
  patch(bytes: Uint8Array, position: number): Promise<void>;
}

/** Text, bytes, pieces of text, or a function that writes. */
export type FileContent = string | Uint8Array | Iterable<string> | ((file: FileWriter) => Promise<void>);

/**
 * Writes a whole file: temporary name in the same folder (made where it is missing), flush, rename. When anything fails the temporary
 * file is removed and an older file stays as it was; a process that is killed leaves the older file whole.
 *
 * @throws {@link FileError} with the path and what helps; errors of a writing function that are not the system's as they are.
 */
export async function writeAtomically(path: string, content: FileContent): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true });
    // A rename would replace a device such as /dev/null by a file.
    const existing = await stat(path).catch(() => undefined);
    if (existing !== undefined && !existing.isFile()) {
      throw new FileError(
        path,
        'cannot be written',
        existing.isDirectory() ? 'it is a folder' : 'it is no ordinary file',
      );
    }
    const temporary = join(dirname(path), temporaryName(basename(path)));
    const handle = await open(temporary, 'wx', 0o644);
    try {
      try {
        await writeContent(new HandleWriter(handle), content);
        await flush(handle);
      } finally {
        await handle.close();
      }
      await rename(temporary, path);
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
  } catch (error) {
    throw FileError.from(path, 'cannot be written', error);
  }
}

/** Hidden, and not what any reader looks for. Long names are cut: a file system takes 255 bytes. */
export const temporaryName = (name: string): string => `.${name.slice(0, 50)}.${randomUUID()}.tmp`;

async function writeContent(file: FileWriter, content: FileContent): Promise<void> {
  if (typeof content === 'function') return content(file);
  if (content instanceof Uint8Array) return file.append(content);
  const encoder = new TextEncoder();
  if (typeof content === 'string') return file.append(encoder.encode(content));
  // Pieces may be single lines: each write of the operating system costs more than its bytes.
  let pending = '';
  for (const piece of content) {
    pending += piece;
    if (pending.length < PIECE_LENGTH) continue;
    await file.append(encoder.encode(pending));
    pending = '';
  }
  await file.append(encoder.encode(pending));
}

const PIECE_LENGTH = 1 << 18;

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
