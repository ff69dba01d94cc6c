import { mkdir } from 'node:fs/promises';
import { FileError } from '../errors/file-errors';

/**
 * Makes a folder with those above it, unless it is there.
 *
 * @throws {@link FileError} with the path and what helps.
 */
export async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true });
  } catch (error) {
    // On a read-only disk Node says that there is no such folder; without `recursive` the system's own reason comes.
    const reason = isMissing(error) ? await mkdir(path).catch((own) => own) : error;
    if (reason !== undefined) throw FileError.from(path, 'cannot be made', reason);
  }
}

const isMissing = (error: unknown) => (error as NodeJS.ErrnoException).code === 'ENOENT';
