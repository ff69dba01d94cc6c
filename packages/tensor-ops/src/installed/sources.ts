/** The C++ files that an engine is built of. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** All .cc files (or those of another ending) of a folder and its subfolders, sorted. */
export async function listSources(folder: string, ending = '.cc'): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true });
  return entries
    .filter((entry) => entry.isFile() && entry.name.endsWith(ending))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

/** The .cc files that are part of the product: tests and benchmarks are not. */
export async function sourcesOfBuild(folder: string): Promise<string[]> {
  const files = await listSources(folder);
  return files.filter((file) => !/(_test|_bench|test_main)\.cc$/.test(file));
}

export async function headersOfBuild(folder: string): Promise<string[]> {
  return (await listSources(folder, '.h')).filter((file) => !file.endsWith('test.h'));
}
