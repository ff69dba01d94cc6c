/** What an object file is made of, as one hash: a C++ file and all of ours that it includes. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { exists } from '../files/cache-files';
import { headersOfBuild } from '../installed/sources';

interface SourceFile {
  readonly text: string;
  /** Files of ours that it names between quotes, wherever: as `#include` does, and macros around it. */
  readonly named: readonly string[];
  /** Takes in files as bytes, by names that macros put together. */
  readonly embeds: boolean;
}

/**
 * Hashes of sources; a file that many of them include is read once.
 *
 * @param folders - where names between quotes are looked for, besides the folder of the file that has them. Others are of the system, whose
 * versions are part of the flags.
 */
export function sourceHasher(folders: readonly string[]): (source: string) => Promise<string> {
  const files = new Map<string, Promise<SourceFile>>();

  const read = async (path: string): Promise<SourceFile> => {
    const text = await readFile(path, 'utf8');
    const names = [...text.matchAll(/"([\w./-]+\.(?:h|cuh|cu|cc))"/g)].map((match) => match[1]!);
    const places = [dirname(path), ...folders];
    const found = await Promise.all(names.map((name) => firstOf(places.map((folder) => join(folder, name)))));
    return { text, named: found.filter((one) => one !== undefined), embeds: text.includes('.incbin') };
  };
  const fileAt = (path: string): Promise<SourceFile> => {
    const known = files.get(path) ?? read(path);
    files.set(path, known);
    return known;
  };

  return async (source) => {
    const hash = createHash('sha256');
    const seen = new Set([source]);
    // The set grows while it is walked.
    for (const path of seen) {
      const { text, named, embeds } = await fileAt(path);
      hash.update(`${text.length} ${text}`);
      const more = embeds ? (await Promise.all(folders.map(headersOfBuild))).flat() : [];
      for (const next of [...named, ...more]) seen.add(next);
    }
    return hash.digest('hex');
  };
}

async function firstOf(paths: readonly string[]): Promise<string | undefined> {
  for (const path of paths) if (await exists(path)) return path;
  return undefined;
}
