/** Compiles the native files of the engine: TensorFlow.js' binding, our operators, collectives, and a helper that keeps loading quiet. */
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { BINDING_FILE, COLLECTIVES_FILE, COMMON_FLAGS, OPS_FILE, QUIET_FILE } from '../installed/build-key';
import { hasStreamHeader, type Library } from '../installed/library';
import { nativeFolder, packageRoot } from '../installed/package-root';
import { isKernel, isOfCuda, listSources, sourcesOfBuild } from '../installed/sources';
import { compileObjects, link, requireCompiler } from './compile';
import type { OnSetupProgress } from './progress';

export interface CompileOptions {
  readonly cache: string;
  readonly library: Library;
  /** Where the files look for TensorFlow's and NVRTC's libraries: folders with colons between. */
  readonly libraryPath: string;
  /** Folder of the package `@tensorflow/tfjs-node-gpu`, whose C++ sources are compiled. */
  readonly tfjsNode: string;
  readonly onProgress: OnSetupProgress;
  readonly signal?: AbortSignal | undefined;
}

/** Compiled alone: it must load before TensorFlow does. */
const QUIET_SOURCE = join('quiet', 'quiet.cc');
/** Linked into the binding, in which it wraps the functions below. */
const CONTEXT_SOURCE = join('cluster', 'context_hook.cc');
/** The other files there are a module that workers of a cluster alone load. */
const inCluster = (file: string) => dirname(file) === join(nativeFolder(), 'cluster');
const WRAPPED = ['TFE_NewContext', '_ZN8tfnodejs11TFJSBackend6CreateEP10napi_env__'];

/** The C++ ABI of TensorFlow's wheels. */
const ABI = '-D_GLIBCXX_USE_CXX11_ABI=1';
/** Flags for files that include TensorFlow's headers, which warn. */
const tensorflowFlags = (library: Library) => [ABI, '-isystem', library.includeFolder];
/** Flags of the CPU's kernels: what is compiled with them need not be compiled anew for tests. */
export const kernelFlags = () => [...COMMON_FLAGS, ABI, '-I', nativeFolder()];
/** Where a cache has the objects of all builds. */
export const objectsOf = (cache: string) => join(cache, 'objects');

/** Compiles what changed and links all files into `folder`.
 * @returns first line of what the compiler calls itself.
 * @throws {@link SetupError} without a compiler, or where a file does not compile. */
export async function compileEngine(options: CompileOptions, folder: string): Promise<string> {
  const { cache, library, libraryPath, tfjsNode, onProgress, signal } = options;
  const compiler = await requireCompiler();
  const common = { compiler, objectFolder: objectsOf(cache), onProgress, signal };
  const napi = nodeApiIncludeFolder();
  const allSources = await sourcesOfBuild(nativeFolder());

  const linkModule = (objects: readonly string[], file: string, more: readonly string[]) =>
    link(compiler, objects, [...linkFlags(library, libraryPath), ...more], join(folder, file), signal);

  const binding = await compileObjects({
    ...common,
    label: 'TensorFlow.js binding',
    sources: await listSources(join(tfjsNode, 'binding')),
    includeFolders: [tfjsNode],
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
  const hook = await compileObjects({
    ...common,
    label: 'cluster',
    sources: [join(nativeFolder(), CONTEXT_SOURCE)],
    includeFolders: [tfjsNode, nativeFolder()],
    // The collectives' module looks for its functions.
    flags: [
      ...COMMON_FLAGS.filter((flag) => flag !== '-fvisibility=hidden'),
      '-DNAPI_VERSION=8',
      '-isystem',
      napi,
      '-isystem',
      tfjsNode,
      '-I',
      nativeFolder(),
      ...tensorflowFlags(library),
    ],
  });
  const wrap = WRAPPED.map((name) => `-Wl,--wrap=${name}`);
  await linkModule([...binding, ...hook], BINDING_FILE, wrap);

  const collectives = await compileObjects({
    ...common,
    label: 'collectives',
    sources: allSources.filter((file) => inCluster(file) && !file.endsWith(CONTEXT_SOURCE)),
    includeFolders: [nativeFolder()],
    flags: [...COMMON_FLAGS, '-DNAPI_VERSION=8', '-isystem', napi, ...tensorflowFlags(library)],
  });
  await linkModule(collectives, COLLECTIVES_FILE, ['-ldl']);

  const sources = allSources.filter((file) => !inCluster(file) && !file.endsWith(QUIET_SOURCE));
  const operators = {
    ...common,
    includeFolders: [nativeFolder()],
    flags: [...COMMON_FLAGS, '-DNAPI_VERSION=8', '-isystem', napi, '-I', nativeFolder(), ...tensorflowFlags(library)],
  };
  const kernels = await compileObjects({
    ...operators,
    label: 'kernels',
    flags: kernelFlags(),
    sources: sources.filter(isKernel),
  });
  const ops = await compileObjects({
    ...operators,
    label: 'operators',
    sources: sources.filter((file) => !isOfCuda(file) && !isKernel(file)),
  });
  // Those of both variants of the library, as long as it has their header: a driver and NVRTC are looked for at run time.
  if (hasStreamHeader(library)) {
    const gpu = { ...operators, sources: sources.filter(isOfCuda) };
    ops.push(...(await compileObjects({ ...gpu, label: 'operators for CUDA' })));
  }
  await linkModule([...kernels, ...ops], OPS_FILE, ['-ldl']);

  const quiet = await compileObjects({
    ...common,
    label: 'loader',
    sources: [join(nativeFolder(), QUIET_SOURCE)],
    includeFolders: [],
    flags: [...COMMON_FLAGS, '-DNAPI_VERSION=8', '-isystem', napi],
  });
  await link(compiler, quiet, ['-shared'], join(folder, QUIET_FILE), signal);
  return compiler.version;
}

function linkFlags(library: Library, libraryPath: string): string[] {
  return [
    '-shared',
    `-L${library.libFolder}`,
    '-l:libtensorflow_cc.so.2',
    '-l:libtensorflow_framework.so.2',
    `-Wl,-rpath,${libraryPath}`,
    // Node finds TensorFlow's libraries through this path alone, so that no LD_LIBRARY_PATH is needed.
    '-Wl,--enable-new-dtags',
  ];
}

function nodeApiIncludeFolder(): string {
  const require = createRequire(join(packageRoot(), 'package.json'));
  return join(dirname(require.resolve('node-api-headers/package.json')), 'include');
}
