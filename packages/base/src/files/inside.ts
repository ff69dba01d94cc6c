/** Where a name that comes from outside lies in a folder. */
import { realpath } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { UnsafeNameError } from '../errors/file-errors';
import { relativeName } from '../names/relative-name';

/**
 * The path of a name inside a folder; see {@link relativeName} for what is refused. Symbolic links are followed, as the folder is the
 * user's own.
 *
 * @throws {@link UnsafeNameError}
 */
export function resolveInside(folder: string, name: string): string {
  return join(folder, relativeName(name));
}

/**
 * As {@link resolveInside}, for folders that came as a whole from elsewhere: the file itself must lie in the folder, or where the file that
 * names it really lies, also after its links are followed. (Caches of downloads keep a folder of links into one folder of files.)
 *
 * @param owner - the file of the folder that gave the name.
 * @throws {@link UnsafeNameError}; a file that does not exist is left to whoever opens it.
 */
export async function resolveInsideWithLinks(folder: string, name: string, owner: string): Promise<string> {
  const path = resolveInside(folder, name);
  const real = await realpath(path).catch(() => undefined);
  if (real === undefined) return path;
  const homes = await Promise.all([realpath(folder), realpath(owner).then(dirname)]);
  if (!homes.some((home) => isInside(home, real))) {
    throw new UnsafeNameError(name, `it is a symbolic link to ${real}, outside of ${folder}`);
  }
  return path;
}

const isInside = (folder: string, path: string): boolean => {
  const way = relative(folder, path);
  return way !== '..' && !way.startsWith(`..${sep}`) && way !== '' && !way.startsWith(sep);
};
