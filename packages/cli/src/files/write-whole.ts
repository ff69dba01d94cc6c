/** Files that are whole or not there. */
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Writes under another name first, into a folder that is made where it is missing. */
export async function writeWhole(path: string, content: string | Uint8Array): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const temporary = `${path}.${process.pid}.part`;
  try {
    await writeFile(temporary, content);
    await rename(temporary, path);
  } catch (error) {
    // As on a full disk: nothing half-written stays.
    await rm(temporary, { force: true });
    throw error;
  }
}
