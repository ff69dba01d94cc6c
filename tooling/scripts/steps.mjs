// What the root commands share: running pnpm, and having dependencies and engine in place.
import { spawn, spawnSync } from 'node:child_process';
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

/** The pnpm that runs this script, so that none needs to be on the PATH. */
export function pnpmCommand(args) {
  const own = process.env.npm_execpath;
  if (!own?.includes('pnpm')) return ['pnpm', args];
  return own.endsWith('js') ? [process.execPath, [own, ...args]] : [own, args];
}

export const pnpm = (args, options) => run(...pnpmCommand(args), options);

/**
 * Runs a program beside others: what it prints is printed whole at its end, but what goes elsewhere (`stdout`, `stderr`); where `quiet`, only if it
 * fails. Gives the exit code.
 */
export function runBeside(command, args, { env = {}, stdout = 'pipe', stderr = 'pipe', quiet = false } = {}) {
  const stdio = ['ignore', stdout, stderr];
  const child = spawn(command, args, { cwd: ROOT, stdio, env: { ...process.env, ...env } });
  const printed = [];
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (data) => printed.push(data));
  const to = stdout === 'pipe' ? process.stdout : process.stderr;
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => {
      if (!quiet || code !== 0) to.write(Buffer.concat(printed));
      resolve(code ?? 1);
    });
  });
}

/** Installs what the lockfile names, if that has not been done. */
export function installDependencies() {
  const installed = join(ROOT, 'node_modules/.pnpm/lock.yaml');
  const wanted = readFileSync(join(ROOT, 'pnpm-lock.yaml'), 'utf8');
  if (existsSync(installed) && readFileSync(installed, 'utf8') === wanted) return;
  const code = pnpm(['install', '--frozen-lockfile', ...(process.argv.includes('--offline') ? ['--offline'] : [])]);
  if (code !== 0) process.exit(code);
}

/** Builds what is published; ends where that fails. */
export function buildPackages() {
  const build = ['turbo', 'run', 'build', '--filter=./packages/*', '--output-logs=errors-only', '--concurrency=2'];
  const code = pnpm(['exec', ...build]);
  if (code !== 0) process.exit(code);
}

/** `icconv` from its sources: a program, its arguments, and what its environment has besides. */
function icconvCommand(args) {
  const cli = join(ROOT, 'packages/cli');
  const tsx = pathToFileURL(createRequire(join(cli, 'package.json')).resolve('tsx')).href;
  const program = ['--import', tsx, '--conditions=icconv-source', join(cli, 'src/bin.ts')];
  return [process.execPath, [...program, ...args], { TSX_TSCONFIG_PATH: join(cli, 'tsconfig.json') }];
}

/** Runs `icconv` from its sources; paths are those of `cwd`. */
export function icconv(args, { cwd = ROOT, stdout = 'inherit' } = {}) {
  const [command, all, env] = icconvCommand(args);
  return run(command, all, { cwd, stdout, env });
}

/** The same beside others, as `runBeside`. */
export function icconvBeside(args, options) {
  const [command, all, env] = icconvCommand(args);
  return runBeside(command, all, { ...options, env });
}
