/**
 * Compiles C++ with g++ or clang++ and nothing else: no node-gyp, no cmake.
 *
 * Objects are kept in the cache under a hash of everything that goes into them, so that only what changed is compiled again.
 */
import { createHash } from 'node:crypto';
import { mkdir, rename, rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { basename, join } from 'node:path';
import { SetupError } from '../errors/setup-error';
import { exists, temporaryName } from '../files/cache-files';
import type { OnSetupProgress } from './progress';
import { run } from './run';
import { sourceHasher } from './source-hash';

export interface Compiler {
  readonly command: string;
  /** First line of `--version`. */
  readonly version: string;
}

/** The C++ compiler: `CXX` if set, else g++, else clang++; undefined where there is none. */
export async function findCompiler(): Promise<Compiler | undefined> {
  for (const command of process.env.CXX ? [process.env.CXX] : ['g++', 'clang++']) {
    const version = await run(command, ['--version']).catch(() => undefined);
    if (version !== undefined) return { command, version: version.split('\n')[0]! };
  }
  return undefined;
}

/** @throws {@link SetupError} with the command that installs one, where there is no compiler. */
export async function requireCompiler(): Promise<Compiler> {
  const compiler = await findCompiler();
  if (compiler !== undefined) return compiler;
  throw new SetupError(
    'compiler',
    process.env.CXX
      ? `CXX names ${process.env.CXX}, which does not run`
      : 'no C++ compiler (g++ or clang++) on the PATH',
    'install one (Debian and Ubuntu: apt-get install g++; Fedora: dnf install gcc-c++; Alpine is not supported by TensorFlow), ' +
      'or use the wasm engine, which needs none',
  );
}

export interface CompileJob {
  readonly compiler: Compiler;
  /** Absolute paths of .cc files. */
  readonly sources: readonly string[];
  /** Folders of our own that files are included from. */
  readonly includeFolders: readonly string[];
  readonly flags: readonly string[];
  /** Where objects are kept. */
  readonly objectFolder: string;
  readonly label: string;
  readonly onProgress: OnSetupProgress;
  readonly signal?: AbortSignal | undefined;
}

const AVX2_FLAGS = ['-mavx2', '-mfma', '-mf16c'];
const AVX512_FLAGS = [...AVX2_FLAGS, '-mavx512f', '-mavx512bw', '-mavx512vl', '-mavx512dq'];
/** Of g++ 10 and clang++ 9. Files ending so are compiled without it by older ones, and then say that they have no kernel. */
const BFLOAT16_FLAG = '-mavx512bf16';
/** Of g++ 11 and clang++ 12; else likewise. */
const AMX_FLAGS = ['-mamx-tile', '-mamx-bf16'];
/** What a file may be compiled without. */
const OPTIONAL_FLAGS = [BFLOAT16_FLAG, ...AMX_FLAGS];

/** Instruction-set flags by the ending of a file's name; undefined for a file that this processor family does not compile. */
export function simdFlags(source: string, arch: string = process.arch): readonly string[] | undefined {
  const ending = /_(avx2|avx512|avx512bf16|amx)\.cc$/.exec(source)?.[1];
  if (ending === undefined) return [];
  if (arch !== 'x64') return undefined;
  if (ending === 'avx2') return AVX2_FLAGS;
  if (ending === 'avx512') return AVX512_FLAGS;
  return [...AVX512_FLAGS, BFLOAT16_FLAG, ...(ending === 'amx' ? AMX_FLAGS : [])];
}

/** Whether a compiler knows a flag. */
async function knows(compiler: Compiler, flag: string): Promise<boolean> {
  return run(compiler.command, [flag, '-E', '-x', 'c++', '/dev/null']).then(
    () => true,
    () => false,
  );
}

/** Compiles all sources, several at once, and gives the object files. */
export async function compileObjects(job: CompileJob): Promise<string[]> {
  await mkdir(job.objectFolder, { recursive: true });
  const hashOf = sourceHasher(job.includeFolders);
  // The same files in another folder are the same objects; a package's folder has its version in pnpm's store.
  const anywhere = (flag: string) =>
    job.includeFolders.reduce((text, folder) => text.replace(folder, '.'), flag).replace(/^\/.*?\/node_modules\//, '');
  const unknown: string[] = [];
  for (const flag of OPTIONAL_FLAGS) {
    const wanted = job.sources.some((source) => simdFlags(source)?.includes(flag));
    if (wanted && !(await knows(job.compiler, flag))) unknown.push(flag);
  }
  const units: { source: string; args: string[]; object: string }[] = [];
  for (const source of job.sources) {
    const simd = simdFlags(source);
    if (simd === undefined) continue;
    const args = [...job.flags, ...simd.filter((flag) => !unknown.includes(flag))];
    const hash = createHash('sha256');
    hash.update(JSON.stringify([job.compiler, args.map(anywhere), await hashOf(source)]));
    const object = join(job.objectFolder, `${basename(source, '.cc')}-${hash.digest('hex').slice(0, 20)}.o`);
    units.push({ source, args, object });
  }
  let done = 0;
  const total = units.length;
  job.onProgress({ phase: 'compile', label: job.label, done, total });
  const queue = [...units];
  const worker = async () => {
    for (let unit = queue.shift(); unit !== undefined; unit = queue.shift()) {
      if (!(await exists(unit.object))) await compileOne(job, unit.source, unit.args, unit.object);
      job.onProgress({ phase: 'compile', label: job.label, done: ++done, total });
    }
  };
  await Promise.all(Array.from({ length: Math.min(availableParallelism(), total) }, worker));
  return units.map((unit) => unit.object);
}

/** Links objects into a program or, with `-shared`, a library. */
export async function link(
  compiler: Compiler,
  objects: readonly string[],
  flags: readonly string[],
  output: string,
  signal?: AbortSignal,
): Promise<void> {
  const temporary = temporaryName(output);
  try {
    await run(compiler.command, ['-o', temporary, ...objects, '-pthread', ...flags], { signal });
    await rename(temporary, output);
  } catch (cause) {
    throw new SetupError(
      'compile',
      `linking ${basename(output)} failed:\n${(cause as Error).message}`,
      COMPILE_REMEDY,
      {
        cause,
      },
    );
  } finally {
    await rm(temporary, { force: true });
  }
}

const COMPILE_REMEDY = 'g++ 9 or clang++ 10 at least is needed; with a newer one, please report this message';

async function compileOne(job: CompileJob, source: string, args: string[], object: string): Promise<void> {
  const temporary = temporaryName(object);
  try {
    await run(job.compiler.command, [...args, '-c', source, '-o', temporary], { signal: job.signal });
    await rename(temporary, object);
  } catch (cause) {
    job.signal?.throwIfAborted();
    throw new SetupError('compile', `${source} does not compile:\n${(cause as Error).message}`, COMPILE_REMEDY, {
      cause,
    });
  } finally {
    await rm(temporary, { force: true });
  }
}
