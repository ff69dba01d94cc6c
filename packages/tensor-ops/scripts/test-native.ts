/**
 * pnpm --filter @icconv/tensor-ops test:native [--sanitize] [FILTER]
 *
 * Compiles the kernels with their tests into one program and runs every test at every SIMD level of this processor.
 * `--sanitize` adds the address and undefined-behaviour sanitizers.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join, sep } from 'node:path';
import {
  COMMON_FLAGS,
  cacheRoot,
  compileObjects,
  link,
  listSources,
  nativeFolder,
  requireCompiler,
} from '../src/setup';

const args = process.argv.slice(2);
const sanitize = args.includes('--sanitize');
const filter = args.find((argument) => !argument.startsWith('--')) ?? '';

const folder = nativeFolder();
/** What needs TensorFlow or Node. */
const OUTSIDE = ['binding', 'cluster', 'quiet'];
const sources = (await listSources(folder)).filter(
  (file) => !OUTSIDE.some((part) => file.includes(`${sep}${part}${sep}`)) && !file.endsWith('_bench.cc'),
);
const sanitizers = sanitize ? ['-fsanitize=address,undefined', '-fno-omit-frame-pointer', '-g'] : [];
const compiler = await requireCompiler();
const objects = await compileObjects({
  compiler,
  sources,
  headerFolders: [folder],
  flags: [
    ...COMMON_FLAGS.filter((flag) => !sanitize || flag !== '-O3'),
    ...(sanitize ? ['-O1'] : []),
    ...sanitizers,
    '-I',
    folder,
  ],
  objectFolder: join(cacheRoot(), 'test-objects'),
  label: 'native tests',
  onProgress: ({ done, total }) => {
    if (process.stderr.isTTY)
      process.stderr.write(`\rcompile native tests ${done}/${total}${done === total ? '\n' : ''}`);
  },
});
const programs = join(cacheRoot(), 'tests');
mkdirSync(programs, { recursive: true });
const program = join(programs, `native-tests${sanitize ? '-sanitized' : ''}-${process.pid}`);
await link(compiler, objects, sanitizers, program);
const result = spawnSync(program, [filter], { stdio: 'inherit' });
spawnSync('rm', ['-f', program]);
process.exit(result.status ?? 1);
