/** Provides TensorFlow's libraries and headers as one folder of the cache. */
import { mkdir, readFile, rm, statfs } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { writeAtomically } from '@icconv/base/files';
import { SetupError } from '../errors/setup-error';
import { exists, publish, temporaryName } from '../files/cache-files';
import { type EngineVariant, hasStreamHeader, type Library } from '../installed/library';
import { obtainWheel } from './obtain-wheel';
import type { OnSetupProgress } from './progress';
import { unpackWheel } from './unpack-wheel';
import { TENSORFLOW_VERSION, type Wheel, wheelsFor } from './wheels';

export interface LibraryOptions {
  readonly cache: string;
  readonly variant: EngineVariant;
  readonly offline: boolean;
  /** A folder of the user's own, as a Python installation's `site-packages/tensorflow`. */
  readonly libtensorflow?: string | undefined;
  /** @defaultValue those of this platform and variant */
  readonly wheels?: readonly Wheel[];
  readonly onProgress: OnSetupProgress;
  readonly signal?: AbortSignal | undefined;
}

const LIBRARIES = ['libtensorflow_cc.so.2', 'libtensorflow_framework.so.2'];

/** Folder of a provided engine in the cache: one for each version, variant and platform. */
function libraryFolder(cache: string, variant: EngineVariant): string {
  return join(cache, 'libtensorflow', `${TENSORFLOW_VERSION}-${variant}-${process.platform}-${process.arch}`);
}

/** The library if it is complete, without doing anything. */
export async function findLibrary(cache: string, variant: EngineVariant): Promise<Library | undefined> {
  const folder = libraryFolder(cache, variant);
  if (!(await exists(join(folder, 'complete.json')))) return undefined;
  const tensorflow = join(folder, 'tensorflow');
  const includeFolder = join(tensorflow, 'include');
  // A cache of an earlier version may lack it: for the CPU it serves on, on a GPU it would leave all operators to the CPU.
  if (variant === 'cuda' && !hasStreamHeader({ includeFolder })) return undefined;
  return { libFolder: tensorflow, includeFolder, variant, version: TENSORFLOW_VERSION };
}

export async function provideLibrary(options: LibraryOptions): Promise<Library> {
  if (options.libtensorflow !== undefined) return ownLibrary(resolve(options.libtensorflow));
  const found = await findLibrary(options.cache, options.variant);
  if (found !== undefined) return found;

  const wheels = options.wheels ?? wheelsFor(process.platform, process.arch, options.variant);
  const folder = libraryFolder(options.cache, options.variant);
  const downloads = join(options.cache, 'downloads');
  await mkdir(join(options.cache, 'libtensorflow'), { recursive: true });
  await checkSpace(
    options.cache,
    wheels.reduce((sum, wheel) => sum + wheel.bytes, 0),
  );
  const temporary = temporaryName(folder);
  try {
    for (const wheel of wheels) {
      const file = await obtainWheel(wheel, { ...options, folder: downloads });
      await unpackWheel(file, temporary, `${wheel.distribution} ${wheel.version}`, options.onProgress, options.signal);
    }
    const files = wheels.map(({ file, sha256 }) => ({ file, sha256 }));
    await writeAtomically(join(temporary, 'complete.json'), `${JSON.stringify({ wheels: files }, null, 2)}\n`);
    await publish(temporary, folder);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
  // The unpacked libraries serve from here on; the wheels would double the space.
  for (const wheel of wheels) await rm(join(downloads, wheel.file), { force: true });
  return (await findLibrary(options.cache, options.variant))!;
}

async function ownLibrary(folder: string): Promise<Library> {
  // A site-packages/tensorflow folder keeps the libraries at its top, a libtensorflow archive keeps them in lib/.
  for (const libFolder of [folder, join(folder, 'lib')]) {
    const present = await Promise.all(LIBRARIES.map((name) => exists(join(libFolder, name))));
    const includeFolder = join(folder, 'include');
    const header = join(includeFolder, 'tensorflow/core/public/version.h');
    if (present.every(Boolean) && (await exists(header))) {
      const text = await readFile(join(includeFolder, 'tensorflow/core/public/release_version.h'), 'utf8').catch(
        () => '',
      );
      const number = (name: string) => new RegExp(`TF_${name}_VERSION\\s+(\\d+)`).exec(text)?.[1] ?? '?';
      const version = `${number('MAJOR')}.${number('MINOR')}.${number('PATCH')}`;
      return { libFolder, includeFolder, variant: 'own', version };
    }
  }
  throw new SetupError(
    'library',
    `${folder} does not hold ${LIBRARIES.join(', ')} and include/tensorflow`,
    `name the folder "tensorflow" of a Python installation of TensorFlow ${TENSORFLOW_VERSION}`,
  );
}

/** Libraries unpack to about three times their wheels; failing early beats a full disk in the middle. */
async function checkSpace(cache: string, wheelBytes: number): Promise<void> {
  const needed = wheelBytes * 5;
  const { bavail, bsize } = await statfs(cache);
  if (bavail * bsize < needed) {
    const gb = (bytes: number) => `${(bytes / 1e9).toFixed(1)} GB`;
    throw new SetupError(
      'library',
      `the set-up needs ${gb(needed)} in ${cache}, which has ${gb(bavail * bsize)} left`,
      'free some space, or set ICCONV_CACHE to a folder on another disk',
    );
  }
}
