/** Native files that come compiled, in a package for each platform on which `@icconv/tensor-ops` depends optionally. */
import { copyFile, readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { BINDING_FILE, COLLECTIVES_FILE, OPS_FILE, QUIET_FILE, sourceKey } from '../installed/build-key';
import { packageRoot } from '../installed/package-root';
import type { CompileOptions } from './compile-engine';
import { run } from './run';

/**
 * Stands in a compiled file for the path of TensorFlow's libraries, which is another on every machine; a set-up writes the real one over
 * it. A path of Linux has 4096 bytes at most, and these two are below the cache.
 */
export const LIBRARY_PATH_PLACEHOLDER = `/icconv-libraries/${'_'.repeat(4096)}`;

/** `build.json` of such a package. */
export interface Prebuilt {
  /** `sourceKey` of the sources that the files were made of. */
  readonly sources: string;
  /** The TensorFlow that they were compiled against, in its variant for the CPU. */
  readonly tensorflow: string;
  readonly compiler: string;
}

/**
 * Copies the files of this platform's package into `folder`, if there is one, made of the same sources for the same TensorFlow, and they
 * load on this machine.
 *
 * @returns what they were compiled by; undefined where they are to be compiled here.
 */
export async function copyPrebuilt(
  { library, libraryPath, tfjsNode }: Pick<CompileOptions, 'library' | 'libraryPath' | 'tfjsNode'>,
  folder: string,
  from = prebuiltFolder(),
): Promise<string | undefined> {
  const text = from && (await readFile(join(from, 'build.json'), 'utf8').catch(() => undefined));
  if (text === undefined) return undefined;
  const { sources, tensorflow, compiler } = JSON.parse(text) as Prebuilt;
  // TensorFlow's headers differ between its variants.
  if (library.variant !== 'cpu' || tensorflow !== library.version || sources !== (await sourceKey(tfjsNode)))
    return undefined;
  for (const file of [BINDING_FILE, OPS_FILE, COLLECTIVES_FILE]) {
    const content = await readFile(join(from!, file));
    await writeFile(join(folder, file), withLibraryPath(content, libraryPath));
  }
  await copyFile(join(from!, QUIET_FILE), join(folder, QUIET_FILE));
  return (await loads(folder)) ? compiler : undefined;
}

function prebuiltFolder(): string | undefined {
  const name = `@icconv/native-${process.platform}-${process.arch}`;
  try {
    return dirname(createRequire(join(packageRoot(), 'package.json')).resolve(`${name}/package.json`));
  } catch {
    return undefined;
  }
}

function withLibraryPath(content: Buffer, path: string): Buffer {
  const at = content.indexOf(LIBRARY_PATH_PLACEHOLDER);
  const bytes = Buffer.from(path);
  if (at < 0 || bytes.length > LIBRARY_PATH_PLACEHOLDER.length)
    throw new Error('internal: no place for the path of libraries');
  content.fill(0, at, at + LIBRARY_PATH_PLACEHOLDER.length);
  bytes.copy(content, at);
  return content;
}

/** Compiled elsewhere, they may want a newer C library than this machine has. */
async function loads(folder: string): Promise<boolean> {
  const program = `for (const file of process.argv.slice(1)) require(file)`;
  const files = [QUIET_FILE, BINDING_FILE, OPS_FILE].map((file) => join(folder, file));
  return run(process.execPath, ['-e', program, ...files]).then(
    () => true,
    () => false,
  );
}
