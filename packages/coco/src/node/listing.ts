/** Files of a folder and of the folders in it. */
import type { Dirent, Stats } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { isAbsolute, join, relative, sep } from 'node:path';
import { FileError, relativeName, UnsafeNameError } from '@icconv/base';
import { recoverFolder } from '@icconv/base/files';

export interface ListOptions {
  /** Called with each symbolic link that leads out of the folder, to a folder or a wanted file. */
  readonly onOutside?: (name: string) => void;
  readonly signal?: AbortSignal;
}

/**
 * Relative names with `/` between folders, sorted. Links are followed, as people keep pictures elsewhere; hidden files and folders are
 * left out.
 *
 * @throws {@link FileError} where the folder cannot be read; UnsafeNameError as {@link portableName}.
 */
export async function listFiles(
  folder: string,
  wanted: (name: string) => boolean,
  { onOutside, signal }: ListOptions = {},
): Promise<string[]> {
  const names: string[] = [];
  // A link to a folder above would go round for ever.
  const above: string[] = [];
  const walk = async (at: string): Promise<void> => {
    signal?.throwIfAborted();
    const path = join(folder, at);
    const real = await realpath(path);
    if (above.includes(real)) return;
    above.push(real);
    for (const entry of await readdir(path, { withFileTypes: true })) {
      if (entry.name.startsWith('.')) continue;
      const name = at === '' ? entry.name : `${at}/${entry.name}`;
      const kind = await followed(entry, join(folder, name));
      const goesOn = isFolder(kind);
      if (onOutside !== undefined && entry.isSymbolicLink() && (goesOn || wanted(name))) {
        if (await leadsOutside(above[0]!, join(folder, name))) onOutside(name);
      }
      if (goesOn) await walk(name);
      else if (wanted(name)) names.push(portableName(name, folder));
    }
    above.pop();
  };
  try {
    await recoverFolder(folder);
    await walk('');
  } catch (error) {
    throw FileError.from(folder, 'cannot be read', error);
  }
  return names.sort();
}

/** Names of the folders that lie in a folder itself, links to folders among them; hidden ones are left out. @throws {@link FileError} */
export async function listFolders(folder: string): Promise<string[]> {
  try {
    const entries = (await readdir(folder, { withFileTypes: true })).filter(({ name }) => !name.startsWith('.'));
    const kinds = await Promise.all(entries.map((entry) => followed(entry, join(folder, entry.name))));
    return entries.filter((_, i) => isFolder(kinds[i])).map(({ name }) => name);
  } catch (error) {
    throw FileError.from(folder, 'cannot be read', error);
  }
}

/**
 * A name on this disk that is the same on every other.
 *
 * @param owner - the folder that it is in.
 * @throws {@link UnsafeNameError} for one that is no line of text, or has a backslash.
 */
export function portableName(name: string, owner: string): string {
  if (relativeName(name, owner) === name) return name;
  throw new UnsafeNameError(name, 'a backslash separates folders elsewhere; rename it', owner);
}

/** What a link leads to; undefined where that is not there. */
const followed = (entry: Dirent, path: string): Promise<Dirent | Stats | undefined> | Dirent =>
  entry.isSymbolicLink() ? stat(path).catch(() => undefined) : entry;

const isFolder = (entry: Dirent | Stats | undefined): boolean => entry?.isDirectory() ?? false;

/** @param root - without links itself. */
async function leadsOutside(root: string, path: string): Promise<boolean> {
  const real = await realpath(path).catch(() => undefined);
  if (real === undefined) return false;
  const way = relative(root, real);
  return way === '..' || way.startsWith(`..${sep}`) || isAbsolute(way);
}
