// pnpm bench PACKAGE [--json] [...]: runs the benchmark of one package; `cluster`, that of training on several machines; `cuda`, those of our
// kernels and of whole networks on a GPU; `--all`, all of them but the GPU's into one file: see bench-all.mjs.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { benchAll, PACKAGE_OF } from './bench-all.mjs';
import { icconv, installDependencies, pnpm, ROOT } from './steps.mjs';

const [first, ...rest] = process.argv.slice(2);
const [name, ...args] = Object.hasOwn(PACKAGE_OF, first) ? [PACKAGE_OF[first], first, ...rest] : [first, ...rest];
const manifest = join(ROOT, 'packages', name ?? '', 'package.json');
const all = first === '--all';
if (!all && (!name || !existsSync(manifest) || !JSON.parse(readFileSync(manifest, 'utf8')).scripts?.bench)) {
  console.error(
    `usage: pnpm bench PACKAGE [--json], or pnpm bench --all [--only PACKAGE,...]; "${name ?? ''}" is no package with a benchmark`,
  );
  process.exit(1);
}
installDependencies();
// The set-up speaks on standard error: standard output is for the JSON lines.
const code = icconv(['setup'], { stdout: 2 });
if (all && code === 0) process.exit(benchAll(rest));
const bench = (...run) => pnpm(['--silent', '--filter', `@icconv/${run[0]}`, 'run', 'bench', ...run.slice(1)]);
const networks = ['detection', '--device', 'cuda', '--networks', 'plain,inception', '--only', 'detect,step', ...rest];
// Without a driver the first says in its one line that there is nothing to measure.
const onGpu =
  first === 'cuda' && ['/proc/driver/nvidia/version', '/dev/nvidiactl', '/dev/dxg'].some((file) => existsSync(file));
process.exit(code || bench(name, ...args) || (onGpu ? bench(...networks) : 0));
