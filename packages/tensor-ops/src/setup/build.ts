/** Builds the native files of the engine: TensorFlow.js' binding, our operators, and a helper that keeps loading quiet. */
import { createHash } from 'node:crypto';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { COMMON_FLAGS, type Compiler, compileObjects, link, listSources, requireCompiler } from './compile';
import { exists, publish, temporaryName, writeFileAtomically } from './files';
import type { Library } from './library';
import { nativeFolder, packageRoot } from './package-root';
import type { OnSetupProgress } from './progress';

export const BINDING_FILE = 'tfjs_binding.node';
export const OPS_FILE = 'icconv_ops.node';
export const QUIET_FILE = 'icconv_quiet.node';
export const ENGINE_FILES = [BINDING_FILE, OPS_FILE, QUIET_FILE];

/** A finished build: a folder of the cache with all files and `build.json`. */
export interface Build {
  readonly folder: string;
  readonly key: string;
}

export interface BuildOptions {
  readonly cache: string;
  readonly library: Library;
  /** Folder of the package `@tensorflow/tfjs-node-gpu`, whose C++ sources are compiled. */
  readonly tfjsNode: string;
  readonly onProgress: OnSetupProgress;
  readonly signal?: AbortSignal | undefined;
}

/** Compiled alone: it must load before TensorFlow does. */
const QUIET_SOURCE = join('quiet', 'quiet.cc');

/** Flags for files that include TensorFlow's headers: its wheels use the new C++ ABI, and its headers warn. */
const tensorflowFlags = (library: Library) => ['-D_GLIBCXX_USE_CXX11_ABI=1', '-isystem', library.includeFolder];

/** The key of what a build would be made of; a build with the same key need not be repeated. */
export function buildKey({ library, tfjsNode }: Pick<BuildOptions, 'library' | 'tfjsNode'>): Promise<string> {
  return keyOf(tfjsNode, library);
}

/** The key of everything in a build but TensorFlow: one for each version of this package. */
export function sourceKey(tfjsNode: string): Promise<string> {
  return keyOf(tfjsNode, undefined);
}

async function keyOf(tfjsNode: string, library: Library | undefined): Promise<string> {
  const hash = createHash('sha256');
  hash.update(JSON.stringify([library, COMMON_FLAGS, process.platform, process.arch]));
  for (const folder of [nativeFolder(), join(tfjsNode, 'binding')]) {
    for (const file of await sourcesOfBuild(folder)) hash.update(await readFile(file));
    for (const file of await headersOfBuild(folder)) hash.update(await readFile(file));
  }
  return hash.digest('hex').slice(0, 20);
}

export async function findBuild(cache: string, key: string): Promise<Build | undefined> {
  const folder = join(cache, 'builds', key);
  return (await exists(join(folder, 'build.json'))) ? { folder, key } : undefined;
}

export async function build(options: BuildOptions): Promise<Build> {
  const key = await buildKey(options);
  const found = await findBuild(options.cache, key);
  if (found !== undefined) return found;

  const compiler = await requireCompiler();
  const folder = join(options.cache, 'builds', key);
  const temporary = temporaryName(folder);
  await mkdir(temporary, { recursive: true });
  try {
    const { library, tfjsNode, onProgress, signal } = options;
    const objectFolder = join(options.cache, 'objects');
    const common = { compiler, objectFolder, onProgress, signal };
    const napi = nodeApiIncludeFolder();

    const binding = await compileObjects({
      ...common,
      label: 'TensorFlow.js binding',
      sources: await listSources(join(tfjsNode, 'binding')),
      headerFolders: [join(tfjsNode, 'binding')],
      // Not our sources: their warnings are not ours to mend.
      flags: [
        ...COMMON_FLAGS.filter((flag) => !['-Wall', '-Wextra', '-Werror', '-fvisibility=hidden'].includes(flag)),
        '-w',
        '-DNAPI_VERSION=8',
        '-I',
        napi,
        '-I',
        tfjsNode,
        ...tensorflowFlags(library),
      ],
    });
    await linkModule(compiler, binding, library, join(temporary, BINDING_FILE), signal);

    const ops = await compileObjects({
      ...common,
      label: 'operators',
      sources: (await sourcesOfBuild(nativeFolder())).filter((file) => !file.endsWith(QUIET_SOURCE)),
      headerFolders: [nativeFolder()],
      flags: [...COMMON_FLAGS, '-DNAPI_VERSION=8', '-isystem', napi, '-I', nativeFolder(), ...tensorflowFlags(library)],
    });
    await linkModule(compiler, ops, library, join(temporary, OPS_FILE), signal);

    const quiet = await compileObjects({
      ...common,
      label: 'loader',
      sources: [join(nativeFolder(), QUIET_SOURCE)],
      headerFolders: [],
      flags: [...COMMON_FLAGS, '-DNAPI_VERSION=8', '-isystem', napi],
    });
    await link(compiler, quiet, ['-shared'], join(temporary, QUIET_FILE), signal);

    const description = { compiler: compiler.version, tensorflow: library.version, variant: library.variant };
    await writeFileAtomically(join(temporary, 'build.json'), `${JSON.stringify(description, null, 2)}\n`);
    await publish(temporary, folder);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
  return { folder, key };
}

async function linkModule(
  compiler: Compiler,
  objects: readonly string[],
  library: Library,
  output: string,
  signal?: AbortSignal,
): Promise<void> {
  const flags = [
    '-shared',
    `-L${library.libFolder}`,
    '-l:libtensorflow_cc.so.2',
    '-l:libtensorflow_framework.so.2',
    `-Wl,-rpath,${library.libFolder}`,
    // Node finds TensorFlow's libraries through this path alone, so that no LD_LIBRARY_PATH is needed.
    '-Wl,--enable-new-dtags',
  ];
  await link(compiler, objects, flags, output, signal);
}

/** The .cc files that are part of the product: tests and benchmarks are not. */
async function sourcesOfBuild(folder: string): Promise<string[]> {
  const files = await listSources(folder);
  return files.filter((file) => !/(_test|_bench|test_main)\.cc$/.test(file));
}

async function headersOfBuild(folder: string): Promise<string[]> {
  return (await listSources(folder, '.h')).filter((file) => !file.endsWith('test.h'));
}

function nodeApiIncludeFolder(): string {
  const require = createRequire(join(packageRoot(), 'package.json'));
  return join(dirname(require.resolve('node-api-headers/package.json')), 'include');
}
