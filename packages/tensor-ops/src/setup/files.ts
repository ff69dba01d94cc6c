/** File helpers of the set-up: nothing half-written ever carries a final name. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';

/** Prefix of names of unfinished files and folders. */
const TEMPORARY = '.tmp-';

/** The user's cache folder of this project: `ICCONV_CACHE`, else `icconv` in `XDG_CACHE_HOME`, else in `~/.cache`. */
export function cacheRoot(): string {
  if (process.env.ICCONV_CACHE) return process.env.ICCONV_CACHE;
  return join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'icconv');
}

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

export async function writeFileAtomically(path: string, content: string | Buffer): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const temporary = temporaryName(path);
  await writeFile(temporary, content);
  await rename(temporary, path);
}

/** Removes what killed set-ups left in a folder. Call only while holding the lock. */
export async function removeTemporaries(folder: string): Promise<void> {
  for (const name of await readdir(folder).catch(() => [] as string[])) {
    if (name.startsWith(TEMPORARY)) await rm(join(folder, name), { recursive: true, force: true });
  }
}

export async function sha256OfFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk as Buffer);
  return hash.digest('hex');
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
