/** Reading files of which only the name is known: not every path is a file, and not every file fits. */
import { constants, type Stats } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { FileError } from '../errors/file-errors';
import { decodeText } from './decode-text';

export interface OpenFile {
  readonly handle: FileHandle;
  readonly size: number;
}

/**
 * Opens an ordinary file for reading. Named pipes, devices and sockets are refused: reading them may never end, or act. What it is is
 * asked of the open file, not of the path, which may change in between.
 *
 * @throws {@link FileError}
 */
export async function openOrdinaryFile(path: string): Promise<OpenFile> {
  let handle: FileHandle;
  try {
    // Without O_NONBLOCK the opening of a named pipe waits for a writer.
    handle = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  } catch (error) {
    throw FileError.from(path, 'cannot be read', error);
  }
  try {
    const status = await handle.stat();
    if (!status.isFile()) throw new FileError(path, 'cannot be read', `it is ${kindOf(status)}, not an ordinary file`);
    return { handle, size: status.size };
  } catch (error) {
    await handle.close();
    throw FileError.from(path, 'cannot be read', error);
  }
}

export interface ReadFileOptions {
  /** A larger file is refused before it is read. @defaultValue 64 MiB, far beyond any configuration or description */
  readonly maxBytes?: number;
}

const DEFAULT_MAX_BYTES = 64 * 1024 * 1024;

/** Reads an ordinary file of a bounded size. @throws {@link FileError} */
export async function readOrdinaryFile(path: string, options: ReadFileOptions = {}): Promise<Uint8Array<ArrayBuffer>> {
  const { maxBytes = DEFAULT_MAX_BYTES } = options;
  const { handle, size } = await openOrdinaryFile(path);
  try {
    if (size > maxBytes) {
      throw new FileError(path, 'cannot be read', `it has ${size} bytes; ${maxBytes} is the limit here`);
    }
    const bytes = new Uint8Array(size);
    let done = 0;
    while (done < size) {
      const { bytesRead } = await handle.read(bytes, done, size - done, done);
      if (bytesRead === 0) break;
      done += bytesRead;
    }
    // The file became shorter meanwhile.
    return done === size ? bytes : bytes.slice(0, done);
  } catch (error) {
    throw FileError.from(path, 'cannot be read', error);
  } finally {
    await handle.close();
  }
}

/** As {@link readOrdinaryFile}, as text: UTF-8, or UTF-16 with its byte order mark. @throws {@link FileError} also for what is neither. */
export async function readText(path: string, options: ReadFileOptions = {}): Promise<string> {
  return decodeText(await readOrdinaryFile(path, options), path);
}

function kindOf(status: Stats): string {
  if (status.isDirectory()) return 'a folder';
  if (status.isFIFO()) return 'a named pipe';
  if (status.isSocket()) return 'a socket';
  return 'a device';
}
