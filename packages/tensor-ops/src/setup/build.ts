/** The native files of the engine as a folder of the cache: those of a package that has them compiled, else compiled here. */
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { writeAtomically } from '@icconv/base/files';
import { publish, temporaryName } from '../files/cache-files';
import { type Build, buildKey, findBuild } from '../installed/build-key';
import type { Library } from '../installed/library';
import { type CompileOptions, compileEngine } from './compile-engine';
import { copyPrebuilt } from './prebuilt';

export type BuildOptions = Omit<CompileOptions, 'libraryPath'>;

export async function build(options: BuildOptions): Promise<Build> {
  const { cache, library } = options;
  const key = await buildKey(options);
  const found = await findBuild(cache, key);
  if (found !== undefined) return found;

  const folder = join(cache, 'builds', key);
  const temporary = temporaryName(folder);
  const libraryPath = libraryPathOf(library);
  await mkdir(temporary, { recursive: true });
  try {
    const compiler =
      (await copyPrebuilt({ ...options, libraryPath }, temporary)) ??
      (await compileEngine({ ...options, libraryPath }, temporary));
    const description = { compiler, tensorflow: library.version, variant: library.variant };
    await writeAtomically(join(temporary, 'build.json'), `${JSON.stringify(description, null, 2)}\n`);
    await publish(temporary, folder);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
  return { folder, key };
}

/** NVIDIA's compiler lies beside the library where the set-up has brought both. */
const libraryPathOf = ({ libFolder }: Library) =>
  `${libFolder}:${join(libFolder, '..', 'nvidia', 'cuda_nvrtc', 'lib')}`;
