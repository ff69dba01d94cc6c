// What the root commands share: running pnpm, and having dependencies and engine in place.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

export const ROOT = join(dirname(fileURLToPath(import.meta.url)), '../..');

/** Runs a program with its output on this terminal (`stdout` names another descriptor); gives the exit code. */
export function run(command, args, { env = {}, stdout = 'inherit', cwd = ROOT } = {}) {
  const stdio = ['inherit', stdout, 'inherit'];
  const result = spawnSync(command, args, { cwd, stdio, env: { ...process.env, ...env } });
  if (result.error) throw result.error;
  return result.status ?? 1;
}

/** Runs the pnpm that runs this script, so that none needs to be on the PATH. */
export function pnpm(args, options = {}) {
  const own = process.env.npm_execpath;
  if (!own?.includes('pnpm')) return run('pnpm', args, options);
  return own.endsWith('js') ? run(process.execPath, [own, ...args], options) : run(own, args, options);
}

/** Installs what the lockfile names, if that has not been done. */
export function installDependencies() {
  const installed = join(ROOT, 'node_modules/.pnpm/lock.yaml');
  const wanted = readFileSync(join(ROOT, 'pnpm-lock.yaml'), 'utf8');
  if (existsSync(installed) && readFileSync(installed, 'utf8') === wanted) return;
  const code = pnpm(['install', '--frozen-lockfile', ...(process.argv.includes('--offline') ? ['--offline'] : [])]);
  if (code !== 0) process.exit(code);
}

/** Runs `icconv` from its sources; paths are those of `cwd`. */
export function icconv(args, { cwd = ROOT, stdout = 'inherit' } = {}) {
  const cli = join(ROOT, 'packages/cli');
  const tsx = pathToFileURL(createRequire(join(cli, 'package.json')).resolve('tsx')).href;
  const program = ['--import', tsx, '--conditions=icconv-source', join(cli, 'src/bin.ts')];
  return run(process.execPath, [...program, ...args], {
    cwd,
    stdout,
    env: { TSX_TSCONFIG_PATH: join(cli, 'tsconfig.json') },
  });
}
