/** Writes a folder of files beside its place and renames it when complete. */

import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { FileError } from '../errors/file-errors';
import { OutputNames } from '../names/output-names';
import { relativeName } from '../names/relative-name';
import { flush } from './flush';
import { type FileContent, temporaryName, writeAtomically } from './write-file';

export interface FolderWriter {
  /**
   * Adds a file.
   *
   * @param name - relative, with `/` between folders.
   * @param source - what it is made from, for the message where two claim one name.
   * @throws UnsafeNameError, NameCollisionError, {@link FileError}
   */
  add(name: string, content: FileContent, source?: string): Promise<void>;
}

export interface FolderOptions {
  /**
   * Which files of an older folder the new one may replace (by relative name). Anything else there refuses the writing, so that no
   * foreign file is ever lost. @defaultValue none
   */
  readonly replaces?: (name: string) => boolean;
}

/**
 * Writes a folder: all files go into a hidden folder beside it, which takes the place of the older one at the end. Readers see the old
 * files or the new ones, never some of both, and files of the older folder that have no successor are gone.
 *
 * @throws {@link FileError} where the folder holds files that `replaces` does not name, or the disk refuses.
 */
export async function writeFolderAtomically(
  folder: string,
  write: (folder: FolderWriter) => Promise<void>,
  options: FolderOptions = {},
): Promise<void> {
  const target = resolve(folder);
  const parent = dirname(target);
  try {
    await mkdir(parent, { recursive: true });
    await recover(target);
    await checkReplaceable(folder, target, options.replaces ?? (() => false));
    const temporary = join(parent, temporaryName(basename(target)));
    await mkdir(temporary);
    try {
      const names = new OutputNames();
      await write({
        async add(name, content, source = name) {
          const place = names.claim(relativeName(name), source);
          await writeAtomically(join(temporary, place), content).catch((error) => {
            // By the name that the file would get: the temporary folder is nobody's business.
            if (!FileError.isInstance(error)) throw error;
            throw new FileError(join(folder, place), 'cannot be written', error.reason, { cause: error.cause });
          });
        },
      });
      await replace(target, temporary);
    } catch (error) {
      await rm(temporary, { recursive: true, force: true });
      throw error;
    }
  } catch (error) {
    throw FileError.from(folder, 'cannot be written', error);
  }
}

/** No system call of Node's exchanges two folders, so the older one steps aside first, under a name that {@link recover} knows. */
async function replace(target: string, temporary: string): Promise<void> {
  const aside = asideOf(target);
  if (await exists(target)) await rename(target, aside);
  await rename(temporary, target);
  await rm(aside, { recursive: true, force: true });
  const handle = await open(dirname(target), 'r').catch(() => undefined);
  if (handle === undefined) return;
  await flush(handle).catch(() => {});
  await handle.close();
}

/**
 * Puts an older folder back that stepped aside for one that never came, because the process was killed between the two renames. Readers of
 * such folders call it first.
 */
export async function recoverFolder(folder: string): Promise<void> {
  await recover(resolve(folder));
}

async function recover(target: string): Promise<void> {
  const aside = asideOf(target);
  if (!(await exists(aside))) return;
  if (await exists(target)) await rm(aside, { recursive: true, force: true });
  else await rename(aside, target);
}

const asideOf = (target: string): string => join(dirname(target), `.${basename(target)}.replaced`);

async function checkReplaceable(folder: string, target: string, replaces: (name: string) => boolean): Promise<void> {
  const status = await stat(target).catch(() => undefined);
  if (status === undefined) return;
  if (!status.isDirectory()) throw new FileError(folder, 'cannot be written', 'there is a file of that name');
  for (const entry of await readdir(target, { withFileTypes: true, recursive: true })) {
    if (entry.isDirectory()) continue;
    const name = join(entry.parentPath, entry.name)
      .slice(target.length + 1)
      .replaceAll('\\', '/');
    if (replaces(name)) continue;
    const reason = `the folder holds other files (${name}), which would be lost; choose an empty or a new folder`;
    throw new FileError(folder, 'cannot be written', reason);
  }
}

const exists = async (path: string): Promise<boolean> => (await stat(path).catch(() => undefined)) !== undefined;
