/** Files of a folder and of the folders in it. */
import type { Dirent, Stats } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { FileError, relativeName } from '@icconv/base';
import { recoverFolder } from '@icconv/base/files';

/**
 * Relative names with `/` between folders, sorted. Links are followed, as people keep pictures elsewhere; hidden files and folders are
 * left out.
 *
 * @throws {@link FileError} where the folder cannot be read; UnsafeNameError for a file whose name is no line of text.
 */
export async function listFiles(folder: string, wanted: (name: string) => boolean): Promise<string[]> {
  const names: string[] = [];
  // A link to a folder above would go round for ever.
  const above: string[] = [];
  const walk = async (at: string): Promise<void> => {
    const path = join(folder, at);
    const real = await realpath(path);
    if (above.includes(real)) return;
    above.push(real);
    for (const entry of await readdir(path, { withFileTypes: true })) {
      if (entry.name.startsWith('.')) continue;
      const name = at === '' ? entry.name : `${at}/${entry.name}`;
      const kind = entry.isSymbolicLink() ? await stat(join(folder, name)).catch(() => undefined) : entry;
      if (isFolder(kind)) await walk(name);
      else if (wanted(name)) names.push(relativeName(name));
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

const isFolder = (entry: Dirent | Stats | undefined): boolean => entry?.isDirectory() ?? false;
