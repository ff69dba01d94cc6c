/** Several workers of one command on this machine. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { availableParallelism } from 'node:os';
import { createInterface } from 'node:readline';
import { ClusterError, LAUNCHER } from '@icconv/tensor-ops/collectives';
import { INTERRUPTED } from '../ui/failure';

/** Seconds that the others have to end by themselves, with an error that says why, after one has. */
const GRACE_SECONDS = 45;

/**
 * Runs `icconv <args>` as so many workers on free ports, until all have ended. Worker 0 has this terminal; of the others, standard error is
 * shown, with their number. Each has its share of the processors and, where there are enough, a GPU of its own.
 *
 * @param signal - its abortion is Ctrl-C to all, who save and end; so are SIGTERM and SIGHUP.
 * @returns the exit code: 130 when interrupted. @throws ClusterError that names the worker that failed first.
 */
export async function launchWorkers(count: number, args: readonly string[], signal: AbortSignal): Promise<number> {
  const addresses = (await freePorts(count)).map((port) => `127.0.0.1:${port}`);
  const threads = Math.max(1, Math.floor(availableParallelism() / count));
  const all = args.includes('--threads') ? args : [...args, '--threads', String(threads)];
  const children = addresses.map((_, index) => {
    const task = { cluster: { worker: addresses }, task: { type: 'worker', index } };
    const env = {
      ...process.env,
      ...gpuOf(index, count, gpus()),
      TF_CONFIG: JSON.stringify(task),
      [LAUNCHER]: String(process.pid),
    };
    // A group of its own: Ctrl-C in a terminal comes to this process alone, which hands it on once.
    return spawn(process.execPath, [...process.execArgv, process.argv[1]!, ...all], {
      ...{ env, detached: true },
      stdio: index === 0 ? 'inherit' : ['ignore', 'ignore', 'pipe'],
    });
  });
  for (const [index, child] of children.entries()) prefixErrors(child, index);
  const send = (name: NodeJS.Signals) => {
    for (const child of children) if (child.exitCode === null && child.signalCode === null) child.kill(name);
  };
  const interrupt = () => send('SIGINT');
  const kill = () => send('SIGKILL');
  signal.addEventListener('abort', interrupt, { once: true });
  process.once('SIGTERM', interrupt).once('SIGHUP', interrupt).once('exit', kill);
  let timer: NodeJS.Timeout | undefined;
  let first: ClusterError | undefined;
  try {
    const codes = await Promise.all(
      children.map(async (child, index) => {
        const [code, by] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
        if (code === 0 || code === INTERRUPTED) return code;
        first ??= new ClusterError(
          [index],
          `worker ${index} ended first, ${by ? `by ${by}` : `with exit code ${code}`}`,
        );
        timer ??= setTimeout(kill, GRACE_SECONDS * 1000);
        return 1;
      }),
    );
    if (first !== undefined) throw first;
    return Math.max(...codes);
  } finally {
    clearTimeout(timer);
    kill();
    signal.removeEventListener('abort', interrupt);
    process.off('SIGTERM', interrupt).off('SIGHUP', interrupt).off('exit', kill);
  }
}

/** Numbers of this machine's NVIDIA GPUs, or of those that this process may use. */
function gpus(): string[] {
  const { CUDA_VISIBLE_DEVICES: visible } = process.env;
  if (visible !== undefined) return visible.split(',').filter((each) => each !== '' && each !== '-1');
  const folder = '/proc/driver/nvidia/gpus';
  return existsSync(folder) ? readdirSync(folder).map((_, i) => String(i)) : [];
}

/** One for each worker where that is possible; else all share what there is. */
export function gpuOf(index: number, count: number, all: readonly string[]): { CUDA_VISIBLE_DEVICES?: string } {
  return all.length > 0 && all.length >= count ? { CUDA_VISIBLE_DEVICES: all[index]! } : {};
}

function prefixErrors({ stderr }: ChildProcess, index: number): void {
  if (stderr === null) return;
  createInterface({ input: stderr }).on('line', (line) => console.error(`[worker ${index}] ${line}`));
}

async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer().listen(0);
      await once(server, 'listening');
      return server;
    }),
  );
  const ports = servers.map((server) => (server.address() as { readonly port: number }).port);
  await Promise.all(servers.map((server) => once(server.close(), 'close')));
  return ports;
}
