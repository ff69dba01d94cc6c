/** Builds the native files of the engine: TensorFlow.js' binding, our operators, collectives, and a helper that keeps loading quiet. */
import { mkdir, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { writeAtomically } from '@icconv/base/files';
import { publish, temporaryName } from '../files/cache-files';
import {
  BINDING_FILE,
  type Build,
  buildKey,
  COLLECTIVES_FILE,
  COMMON_FLAGS,
  findBuild,
  OPS_FILE,
  QUIET_FILE,
} from '../installed/build-key';
import { hasStreamHeader, type Library } from '../installed/library';
import { nativeFolder, packageRoot } from '../installed/package-root';
import { CUDA_HEADERS, isOfCuda, listSources, sourcesOfBuild } from '../installed/sources';
import { type Compiler, compileObjects, link, requireCompiler } from './compile';
import type { OnSetupProgress } from './progress';

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
/** Linked into the binding, in which it wraps the functions below. */
const CONTEXT_SOURCE = join('cluster', 'context_hook.cc');
/** The other files there are a module that workers of a cluster alone load. */
const inCluster = (file: string) => dirname(file) === join(nativeFolder(), 'cluster');
const WRAPPED = ['TFE_NewContext', '_ZN8tfnodejs11TFJSBackend6CreateEP10napi_env__'];

/** Flags for files that include TensorFlow's headers: its wheels use the new C++ ABI, and its headers warn. */
const tensorflowFlags = (library: Library) => ['-D_GLIBCXX_USE_CXX11_ABI=1', '-isystem', library.includeFolder];

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
    const allSources = await sourcesOfBuild(nativeFolder());

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
    const hook = await compileObjects({
      ...common,
      label: 'cluster',
      sources: [join(nativeFolder(), CONTEXT_SOURCE)],
      headerFolders: [join(tfjsNode, 'binding')],
      // The collectives' module looks for its functions.
      flags: [
        ...COMMON_FLAGS.filter((flag) => flag !== '-fvisibility=hidden'),
        '-DNAPI_VERSION=8',
        '-isystem',
        napi,
        '-isystem',
        tfjsNode,
        ...tensorflowFlags(library),
      ],
    });
    const wrap = WRAPPED.map((name) => `-Wl,--wrap=${name}`);
    await linkModule(compiler, [...binding, ...hook], library, join(temporary, BINDING_FILE), signal, wrap);

    const collectives = await compileObjects({
      ...common,
      label: 'collectives',
      sources: allSources.filter((file) => inCluster(file) && !file.endsWith(CONTEXT_SOURCE)),
      headerFolders: [join(nativeFolder(), 'cluster')],
      flags: [...COMMON_FLAGS, '-DNAPI_VERSION=8', '-isystem', napi, ...tensorflowFlags(library)],
    });
    await linkModule(compiler, collectives, library, join(temporary, COLLECTIVES_FILE), signal, ['-ldl']);

    const sources = allSources.filter((file) => !inCluster(file) && !file.endsWith(QUIET_SOURCE));
    const operators = {
      ...common,
      headerFolders: [nativeFolder()],
      flags: [...COMMON_FLAGS, '-DNAPI_VERSION=8', '-isystem', napi, '-I', nativeFolder(), ...tensorflowFlags(library)],
    };
    const ops = await compileObjects({
      ...operators,
      label: 'operators',
      sources: sources.filter((file) => !isOfCuda(file)),
    });
    // Those of both variants of the library, as long as it has their header: a driver and NVRTC are looked for at run time.
    if (hasStreamHeader(library)) {
      const gpu = { ...operators, headerEndings: CUDA_HEADERS, sources: sources.filter(isOfCuda) };
      ops.push(...(await compileObjects({ ...gpu, label: 'operators for CUDA' })));
    }
    const nvrtc = join(library.libFolder, '..', 'nvidia', 'cuda_nvrtc', 'lib');
    await linkModule(compiler, ops, library, join(temporary, OPS_FILE), signal, [`-Wl,-rpath,${nvrtc}`, '-ldl']);

    const quiet = await compileObjects({
      ...common,
      label: 'loader',
      sources: [join(nativeFolder(), QUIET_SOURCE)],
      headerFolders: [],
      flags: [...COMMON_FLAGS, '-DNAPI_VERSION=8', '-isystem', napi],
    });
    await link(compiler, quiet, ['-shared'], join(temporary, QUIET_FILE), signal);

    const description = { compiler: compiler.version, tensorflow: library.version, variant: library.variant };
    await writeAtomically(join(temporary, 'build.json'), `${JSON.stringify(description, null, 2)}\n`);
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
  more: readonly string[] = [],
): Promise<void> {
  const flags = [
    '-shared',
    `-L${library.libFolder}`,
    '-l:libtensorflow_cc.so.2',
    '-l:libtensorflow_framework.so.2',
    `-Wl,-rpath,${library.libFolder}`,
    // Node finds TensorFlow's libraries through this path alone, so that no LD_LIBRARY_PATH is needed.
    '-Wl,--enable-new-dtags',
    ...more,
  ];
  await link(compiler, objects, flags, output, signal);
}

function nodeApiIncludeFolder(): string {
  const require = createRequire(join(packageRoot(), 'package.json'));
  return join(dirname(require.resolve('node-api-headers/package.json')), 'include');
}
