/** Files and folders of the cache: nothing half-written ever carries a final name. */
import { readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** Prefix of names of unfinished files and folders. */
const TEMPORARY = '.tmp-';
/** Names of `writeAtomically`, of a process that was killed. */
const UNFINISHED = /^\..+\.tmp$/;

export async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

/** A name beside `path` for the unfinished thing; {@link publish} gives it its final name. */
export function temporaryName(path: string): string {
  return join(dirname(path), `${TEMPORARY}${process.pid}-${Math.random().toString(36).slice(2, 8)}`);
}

/** Renames a finished file or folder to its final name, replacing what is there. */
export async function publish(temporary: string, path: string): Promise<void> {
  try {
    await rename(temporary, path);
  } catch {
    // A folder that is not empty cannot be renamed over.
    await rm(path, { recursive: true, force: true });
    await rename(temporary, path);
  }
}

/** Removes what killed set-ups left in a folder. Call only while holding the lock. */
export async function removeTemporaries(folder: string): Promise<void> {
  for (const name of await readdir(folder).catch(() => [] as string[])) {
    if (name.startsWith(TEMPORARY) || UNFINISHED.test(name))
      await rm(join(folder, name), { recursive: true, force: true });
  }
}

/** Bytes of all files under a folder; 0 where it is absent. */
export async function folderBytes(folder: string): Promise<number> {
  let bytes = 0;
  const entries = await readdir(folder, { withFileTypes: true, recursive: true }).catch(() => []);
  for (const entry of entries) {
    if (entry.isFile()) bytes += (await stat(join(entry.parentPath, entry.name)).catch(() => ({ size: 0 }))).size;
  }
  return bytes;
}
