/** Processes of a test that work together, each with its number; all are gone when the test ends. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { bundled } from './bundled';

/** Ports of this machine that nobody listens on. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer().listen(0, '127.0.0.1');
      await once(server, 'listening');
      return server;
    }),
  );
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map((server) => once(server.close(), 'close')));
  return ports;
}

export interface WorkerEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  /** The last line of standard output, read as JSON; undefined where that is none. */
  readonly result: unknown;
  /** When it ended, by `Date.now()`. */
  readonly at: number;
}

export interface WorkerProcess {
  readonly process: ChildProcess;
  /** Resolves when it has printed the text on standard output. */
  saw(text: string): Promise<void>;
  readonly end: Promise<WorkerEnd>;
}

export interface WorkerProcessesOptions {
  /** Milliseconds after which a process is killed. @defaultValue `180_000` */
  readonly timeoutMs?: number;
  /** What the process of a number is started by, such as `ip netns exec NAME`. @defaultValue nothing */
  readonly within?: (index: number) => readonly string[];
}

/** Runs a TypeScript file once for each list of arguments, hands the processes to `watch`, and gives how they ended. */
export async function workerProcesses(
  script: string,
  argumentLists: readonly (readonly string[])[],
  watch: (workers: readonly WorkerProcess[]) => Promise<void> = async () => {},
  { timeoutMs = 180_000, within = () => [] }: WorkerProcessesOptions = {},
): Promise<WorkerEnd[]> {
  const bundle = await bundled(script);
  const workers = argumentLists.map((args, index) => {
    const node = [process.execPath, bundle, ...args];
    const [command, ...rest] = [...within(index), ...node];
    return follow(spawn(command!, rest, { stdio: ['ignore', 'pipe', 'pipe'] }));
  });
  const kill = () => {
    for (const { process } of workers) if (process.exitCode === null) process.kill('SIGKILL');
  };
  const timer = setTimeout(kill, timeoutMs);
  try {
    await watch(workers);
    return await Promise.all(workers.map(({ end }) => end));
  } finally {
    clearTimeout(timer);
    kill();
  }
}

function follow(child: ChildProcess): WorkerProcess {
  const output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]!.setEncoding('utf8').on('data', (text: string) => {
      output[name] += text;
      child.emit('printed');
    });
  }
  const end = once(child, 'close').then(([code, signal]): WorkerEnd => {
    let result: unknown;
    try {
      result = JSON.parse(output.stdout.trim().split('\n').at(-1)!);
    } catch {
      // It has no result then.
    }
    return { code, signal, ...output, result, at: Date.now() };
  });
  const saw = async (text: string) => {
    while (!output.stdout.includes(text)) {
      if (child.exitCode !== null || child.signalCode !== null)
        throw new Error(`a worker ended before it printed ${text}: ${output.stdout} ${output.stderr}`);
      await Promise.race([once(child, 'printed'), once(child, 'exit')]);
    }
  };
  return { process: child, saw, end };
}

/** Runs a file as so many workers of a cluster on this machine: with index and addresses as its first arguments. All must end well. */
export async function workersTogether(
  script: string,
  size: number,
  args: readonly string[],
  options: Pick<WorkerProcessesOptions, 'timeoutMs'> = {},
): Promise<WorkerEnd[]> {
  const addresses = (await freePorts(size)).map((port) => `127.0.0.1:${port}`).join();
  const lists = Array.from({ length: size }, (_, index) => [String(index), addresses, ...args]);
  const ends = await workerProcesses(script, lists, undefined, options);
  const failed = ends.find(({ code }) => code !== 0);
  if (failed !== undefined) throw new Error(`a worker ended with ${failed.code ?? failed.signal}: ${failed.stderr}`);
  return ends;
}
