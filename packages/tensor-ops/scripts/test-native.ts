/**
 * pnpm --filter @icconv/tensor-ops test:native [--sanitize] [FILTER]
 *
 * Compiles the kernels with their tests into programs and runs them:
 * - every test at every SIMD level of this processor; `--sanitize` adds the address and undefined-behaviour sanitizers;
 * - the CUDA kernels, emulated, with these sanitizers in any case, and those tests named `cuda_race_...` with ThreadSanitizer;
 * - the CUDA kernels through NVIDIA's compiler, which needs no GPU. It is fetched once; where it cannot be, a line says so;
 * - the ops of the engine that is set up, inside TensorFlow on a device of type GPU that lies in host memory; a filter that begins with `gpu_` is for
 *   these alone, and nothing else is compiled.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { basename, dirname, join, relative, sep } from 'node:path';
import { OPS_FILE } from '../src/installed/build-key';
import { readInstalled } from '../src/installed/installed-engine';
import { hasStreamHeader } from '../src/installed/library';
import { hasNvidiaDriver } from '../src/installed/nvidia-driver';
import { isKernel, isOfCuda } from '../src/installed/sources';
import { findTfjsNode } from '../src/installed/tfjs-node';
import {
  cacheRoot,
  compileObjects,
  kernelFlags,
  link,
  listSources,
  nativeFolder,
  objectsOf,
  requireCompiler,
} from '../src/setup';
import { obtainNvrtc } from './nvrtc';

const args = process.argv.slice(2);
const sanitize = args.includes('--sanitize');
const filter = args.find((argument) => !argument.startsWith('--')) ?? '';

const folder = nativeFolder();
const compiler = await requireCompiler();
const programs = join(cacheRoot(), 'tests');
mkdirSync(programs, { recursive: true });

// Lines are all that a report names.
const MEMORY = ['-fsanitize=address,undefined', '-fno-sanitize-recover=undefined', '-fno-omit-frame-pointer', '-g1'];
const THREADS = ['-fsanitize=thread', '-DICCONV_SHIM_THREADS', '-g1'];

/** Objects of `sources`, with sanitizers where flags of theirs are given. */
function compile(
  sources: readonly string[],
  sanitizers: readonly string[],
  label: string,
  more: readonly string[] = [],
): Promise<string[]> {
  return compileObjects({
    compiler,
    sources,
    includeFolders: [folder],
    flags: [
      ...kernelFlags().map((flag) => (sanitizers.length > 0 && flag === '-O3' ? '-O1' : flag)),
      ...sanitizers,
      ...more,
    ],
    // Where the set-up has compiled the same kernels.
    objectFolder: objectsOf(cacheRoot()),
    label,
    onProgress: ({ done, total }) => {
      if (process.stderr.isTTY)
        process.stderr.write(`\rcompile ${label} ${done}/${total}${done === total ? '\n' : ''}`);
    },
  });
}

/** Of native/common/test_main.cc: no test's name holds the filter. */
const NOTHING_MATCHED = 3;
const results: number[] = [];

/** Links a program and runs it. */
async function run(
  name: string,
  objects: readonly string[],
  flags: readonly string[],
  programArgs: readonly string[],
  env = {},
) {
  const program = join(programs, `${name}-${process.pid}`);
  await link(compiler, objects, flags, program);
  console.log(`${name}:`);
  const result = spawnSync(program, programArgs, { stdio: 'inherit', env: { ...process.env, ...env } });
  spawnSync('rm', ['-f', program]);
  results.push(result.status ?? 1);
}

/** What needs TensorFlow or Node. */
const OUTSIDE = ['binding', 'cluster', 'quiet'];
const topFolder = (file: string) => relative(folder, file).split(sep)[0]!;
const files = (await listSources(folder)).filter(
  (file) => !OUTSIDE.includes(topFolder(file)) && !file.endsWith('_bench.cc'),
);
/** What runs inside TensorFlow on a device of type GPU; see native/cuda/emulation/device. */
const isDevice = (file: string) => dirname(file).endsWith(join('cuda', 'emulation', 'device'));
const isCompiler = (file: string) => topFolder(file) === 'cuda' && !isDevice(file);
const isShim = (file: string) => file.endsWith('_shim_cuda_test.cc');

const forCpu = files.filter(isKernel);
const emulated = files.filter((file) => isOfCuda(file) && topFolder(file) !== 'cuda');

const onlyOps = filter.startsWith('gpu_');
const isMain = (file: string) => /^(test_main|simd)\.cc$/.test(basename(file));
const reference = await compile(
  forCpu.filter((file) => !file.endsWith('_test.cc') && (isMain(file) || !onlyOps)),
  [],
  'native kernels',
);
const once = [filter, '--once'];
if (!onlyOps) {
  const sanitizers = sanitize ? MEMORY : [];
  await run('native', await compile(forCpu, sanitizers, 'native tests'), sanitizers, [filter]);
  await run('cuda emulated', [...(await compile(emulated, MEMORY, 'emulated kernels')), ...reference], MEMORY, once);
  await run(
    'cuda races',
    [...(await compile(emulated, THREADS, 'emulated kernels with threads')), ...reference],
    THREADS,
    [`cuda_race_${filter.replace(/^cuda_?(race_?)?/, '')}`, '--once'],
  );
}

const nvrtc = await obtainNvrtc();
if (nvrtc !== undefined && !onlyOps) {
  await run(
    'cuda compiled',
    [...(await compile(files.filter(isCompiler), [], 'compiler tests')), ...reference],
    ['-ldl'],
    once,
    { LD_LIBRARY_PATH: nvrtc, ICCONV_NATIVE_SOURCES: folder },
  );
}

await runOps();

const passed = results.every((status) => status === 0 || status === NOTHING_MATCHED) && results.includes(0);
process.exit(passed ? 0 : 1);

/** Our ops on a device of type GPU inside TensorFlow, with a stub in the driver's place; then without driver, and without NVRTC. */
async function runOps(): Promise<void> {
  const tfjsNode = findTfjsNode();
  const installed = tfjsNode && (await readInstalled(tfjsNode));
  const reason =
    installed === undefined
      ? 'the native engine is not set up'
      : !hasStreamHeader(installed.library)
        ? `${installed.library.includeFolder} was unpacked without xla/stream_executor; delete the library and set it up again`
        : installed.variant === 'cuda'
          ? "the fake device does not go with TensorFlow's CUDA library"
          : nvrtc === undefined
            ? 'there is no NVRTC'
            : undefined;
  if (reason !== undefined || installed === undefined || nvrtc === undefined) {
    console.error(`SKIPPED ops on a fake GPU: ${reason}`);
    return;
  }
  const work = mkdtempSync(join(programs, 'fake-gpu-'));
  try {
    const inDevice = files.filter(isDevice);
    const isStub = (file: string) => file.endsWith('stub_driver.cc');
    const shims = await compile([...files.filter(isShim), ...inDevice.filter(isStub)], [], 'stub of the driver');
    await link(compiler, shims, ['-shared', '-Wl,-soname,libcuda.so.1'], join(work, 'libcuda.so.1'));
    const { libFolder, includeFolder } = installed.library;
    const objects = await compile(
      inDevice.filter((file) => !isStub(file)),
      [],
      'fake GPU',
      ['-isystem', includeFolder, '-w'],
    );
    const main = reference.filter((file) => /^(test_main|simd)-/.test(basename(file)));
    const flags = [`-L${libFolder}`, '-l:libtensorflow_cc.so.2', '-l:libtensorflow_framework.so.2', '-ldl'];
    const env = {
      ICCONV_CACHE: work,
      ICCONV_TEST_OPS: join(installed.folder, OPS_FILE),
      ICCONV_NATIVE_SOURCES: folder,
      TF_CPP_MIN_LOG_LEVEL: '2',
    };
    const runProgram = (name: string, folders: readonly string[], programFilter: string) =>
      run(name, [...objects, ...main], [...flags, `-Wl,-rpath,${libFolder}`], [programFilter, '--once'], {
        ...env,
        LD_LIBRARY_PATH: folders.join(':'),
      });
    await runProgram(
      'cuda ops on a fake GPU',
      [work, nvrtc],
      filter.startsWith('gpu_') ? filter : `gpu_ops_${filter.replace(/^cuda_?/, '')}`,
    );
    if (!hasNvidiaDriver()) await runProgram('cuda ops without a driver', [nvrtc], 'without_driver');
    rmSync(join(work, 'cubins'), { recursive: true, force: true });
    await runProgram('cuda ops without NVRTC', [work], 'without_nvrtc');
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}
