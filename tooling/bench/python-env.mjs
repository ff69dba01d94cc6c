// Python environments of the benchmarks' peers, made when first needed and kept.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

// Torch's own index has builds for the CPU alone, a tenth of the size of those on PyPI.
const CPU_TORCH_INDEX = 'https://download.pytorch.org/whl/cpu';

/**
 * The interpreter of an environment with the packages of a requirements file: `ICCONV_BENCH_PYTHON` if it has them all, else an
 * environment in `.venv/` beside the file, made on the first call. Undefined, with the reason logged, where that can't be.
 */
export async function pythonEnv({ requirements, modules, log = console.error }) {
  const file = requirements instanceof URL ? fileURLToPath(requirements) : requirements;
  const own = process.env.ICCONV_BENCH_PYTHON;
  if (own) {
    const missing = importError(own, modules);
    if (missing === undefined) return own;
    log(`ICCONV_BENCH_PYTHON (${own}) is not used: ${missing}`);
  }
  const text = readFileSync(file, 'utf8');
  const key = createHash('sha256').update(text).digest('hex').slice(0, 12);
  const folder = join(dirname(file), '.venv', key);
  const python = join(folder, 'bin/python');
  if (existsSync(python)) return python;

  if (spawnSync('python3', ['--version']).status !== 0) {
    log('no peer: python3 is not installed');
    return undefined;
  }
  log(`making the Python environment ${folder} (once; it takes minutes)`);
  const temporary = `${folder}.${process.pid}`;
  mkdirSync(dirname(folder), { recursive: true });
  try {
    const pip = ['-m', 'pip', 'install', '--disable-pip-version-check', '--quiet', '-r', file];
    const index =
      /^torch\b/m.test(text) && (await answers(CPU_TORCH_INDEX)) ? ['--extra-index-url', CPU_TORCH_INDEX] : [];
    const steps = [
      ['python3', ['-m', 'venv', temporary]],
      [join(temporary, 'bin/python'), [...pip, ...index]],
    ];
    for (const [command, args] of steps) {
      const result = spawnSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
      if (result.status !== 0) {
        log(`no peer: ${command} ${args.join(' ')} failed: ${lastLine(result.stderr)}`);
        return undefined;
      }
    }
    const missing = importError(join(temporary, 'bin/python'), modules);
    if (missing !== undefined) {
      log(`no peer: ${missing}`);
      return undefined;
    }
    // Whole or not at all; another run may have been faster.
    if (!existsSync(python)) renameSync(temporary, folder);
    return python;
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}

/**
 * The interpreter of `ICCONV_BENCH_PYTHON`, else `python3`, where it has the packages and its torch sees a GPU. No environment is made: builds for
 * CUDA are gigabytes. Undefined, with the reason logged, where that is not so.
 */
export function gpuPython({ modules, log = console.error }) {
  const python = process.env.ICCONV_BENCH_PYTHON || 'python3';
  const missing =
    importError(python, modules) ??
    (spawnSync(python, ['-c', 'import torch; assert torch.cuda.is_available()']).status === 0
      ? undefined
      : 'its torch sees no GPU');
  if (missing === undefined) return python;
  log(`no peer on the GPU: ${python}: ${missing} (ICCONV_BENCH_PYTHON names another)`);
  return undefined;
}

function importError(python, modules) {
  const result = spawnSync(python, ['-c', `import ${modules.join(', ')}`], { encoding: 'utf8' });
  return result.status === 0 ? undefined : (result.error?.message ?? lastLine(result.stderr));
}

const lastLine = (text) => text.trim().split('\n').at(-1);

async function answers(url) {
  try {
    return (await fetch(`${url}/`, { method: 'HEAD', signal: AbortSignal.timeout(5000) })).status < 500;
  } catch {
    return false;
  }
}
