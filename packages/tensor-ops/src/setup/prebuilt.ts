/** Native files that come compiled, in a package for each platform, an optional peer of `@icconv/tensor-ops`. */
import { readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { ENGINE_FILES, QUIET_FILE, sourceKey } from '../installed/build-key';
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
 * Copies the files of this platform's package into `folder`, if there is one, whole, made of the same sources for the same TensorFlow, and
 * they load on this machine.
 *
 * @returns what they were compiled by; undefined where they are to be compiled here.
 */
export async function copyPrebuilt(
  { library, libraryPath, tfjsNode, signal }: Pick<CompileOptions, 'library' | 'libraryPath' | 'tfjsNode' | 'signal'>,
  folder: string,
  from = prebuiltFolder(),
): Promise<string | undefined> {
  const prebuilt = from && (await describedIn(from));
  if (!prebuilt) return undefined;
  const { sources, tensorflow, compiler } = prebuilt;
  // TensorFlow's headers differ between its variants.
  if (library.variant !== 'cpu' || tensorflow !== library.version || sources !== (await sourceKey(tfjsNode)))
    return undefined;
  for (const file of ENGINE_FILES) {
    const content = await readFile(join(from, file)).catch(() => undefined);
    // The quiet one alone needs none of the libraries.
    const fitted = file === QUIET_FILE ? content : content && withLibraryPath(content, libraryPath);
    if (fitted === undefined) return undefined;
    await writeFile(join(folder, file), fitted);
  }
  return (await loads(folder, signal)) ? compiler : undefined;
}

/** Undefined where there is none: the package is not filled, or its installation was broken off. */
async function describedIn(folder: string): Promise<Prebuilt | undefined> {
  try {
    return JSON.parse(await readFile(join(folder, 'build.json'), 'utf8')) as Prebuilt;
  } catch {
    return undefined;
  }
}

function prebuiltFolder(): string | undefined {
  const name = `@icconv/native-${process.platform}-${process.arch}`;
  try {
    return dirname(createRequire(join(packageRoot(), 'package.json')).resolve(`${name}/package.json`));
  } catch {
    return undefined;
  }
}

/** Undefined where a file has no place for it, as one that is cut short. */
function withLibraryPath(content: Buffer, path: string): Buffer | undefined {
  const at = content.indexOf(LIBRARY_PATH_PLACEHOLDER);
  const bytes = Buffer.from(path);
  if (at < 0 || bytes.length > LIBRARY_PATH_PLACEHOLDER.length) return undefined;
  content.fill(0, at, at + LIBRARY_PATH_PLACEHOLDER.length);
  bytes.copy(content, at);
  return content;
}

/** Compiled elsewhere, they may want a newer C library than this machine has. */
async function loads(folder: string, signal: AbortSignal | undefined): Promise<boolean> {
  const program = `for (const file of process.argv.slice(1)) require(file)`;
  const files = ENGINE_FILES.map((file) => join(folder, file));
  return run(process.execPath, ['-e', program, ...files], { signal }).then(
    () => true,
    () => {
      signal?.throwIfAborted();
      return false;
    },
  );
}
