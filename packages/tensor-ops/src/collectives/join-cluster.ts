/** Starts TensorFlow as one worker of a cluster. */
import { setTimeout } from 'node:timers/promises';
import { type EngineOptions, useEngine } from '../engine/use-engine';
import { InvalidArgumentError } from '../errors';
import { ANSWER_SECONDS, type Cluster, createCluster } from './cluster';
import { ClusterError } from './cluster-error';
import { type NativeCollectives, openCollectives } from './native-collectives';

export interface ClusterOptions extends Pick<EngineOptions, 'threads' | 'verbose' | 'onWarning'> {
  /** Addresses of all workers, `host:port`, in one order on all; ports that nothing else uses. */
  readonly workers: readonly string[];
  /** Which of them this process is, from 0. */
  readonly index: number;
  /** @defaultValue `'auto'`: the GPU where there is one */
  readonly device?: 'auto' | 'cuda' | 'cpu';
  /** How long a worker waits for the others, at the start and in each exchange. One that is lost is told of much earlier. @defaultValue `600` */
  readonly timeoutSeconds?: number;
  /** Between two questions whether the others are there. @defaultValue `5` */
  readonly checkSeconds?: number;
}

const POLL_MS = 200;

/**
 * Starts the native engine as a worker of a cluster, and waits for the others. TensorFlow's own collective operations do the work: gRPC
 * between processes, NCCL between GPUs. Each worker listens on its port **on all interfaces and trusts whoever connects**: only for
 * networks that are closed to others.
 *
 * @throws {@link InvalidArgumentError}; EngineUnavailableError; {@link ClusterError} where TensorFlow already runs in this process, its port
 *   is taken, or others do not come in time.
 * @example
 * ```ts
 * import { joinCluster } from '@icconv/tensor-ops/collectives';
 *
 * const cluster = await joinCluster({ workers: ['a.local:7070', 'b.local:7070'], index: 0 });
 * const [mean] = await cluster.allReduceMean([gradient]);
 * await cluster.close();
 * ```
 */
export async function joinCluster(options: ClusterOptions): Promise<Cluster> {
  const { workers, index, device = 'auto', timeoutSeconds = 600, checkSeconds = 5, ...engine } = options;
  check(workers, index, { timeoutSeconds, checkSeconds });
  avoidProxies(workers);
  const info = await useEngine({ ...engine, device, cluster: { workers, index } });
  if (info.backend !== 'tensorflow') {
    throw new InvalidArgumentError('joinCluster', 'engine', info.device, 'the native one, which icconv setup provides');
  }
  const own = `worker ${index} (${workers[index]})`;
  let native: ReturnType<typeof openCollectives>;
  try {
    native = openCollectives();
    endWithLauncher(native);
  } catch (cause) {
    const { message } = cause as Error;
    if (message.startsWith('internal:')) throw cause;
    throw new ClusterError([index], `${own} cannot enter: ${message || 'TensorFlow gives no reason'}`, { cause });
  }
  const deadline = Date.now() + timeoutSeconds * 1000;
  const waitFor = async (peer: number) => {
    for (;;) {
      try {
        return void (await native.checkPeer(peer, ANSWER_SECONDS * 1000));
      } catch (cause) {
        if (Date.now() > deadline) return { peer, cause };
        await setTimeout(POLL_MS);
      }
    }
  };
  const missing: number[] = [];
  for (const peer of workers.keys()) if (peer !== index && (await waitFor(peer)) !== undefined) missing.push(peer);
  if (missing.length > 0) {
    const names = missing.map((peer) => `worker ${peer} (${workers[peer]})`).join(', ');
    throw new ClusterError(missing, `${own} waited ${timeoutSeconds} s in vain for ${names}`);
  }
  const cluster = createCluster({ workers, index, timeoutSeconds, checkSeconds, native });
  await cluster.barrier();
  return cluster;
}

/** Set by `icconv launch` to its process id: when it ends, by whatever signal, its workers do. */
export const LAUNCHER = 'ICCONV_LAUNCHER';

function endWithLauncher(native: Pick<NativeCollectives, 'endWithParent'>): void {
  const launcher = process.env[LAUNCHER];
  delete process.env[LAUNCHER];
  if (launcher !== undefined && !native.endWithParent(Number(launcher))) process.kill(process.pid, 'SIGKILL');
}

function check(workers: readonly string[], index: number, seconds: Readonly<Record<string, number>>): void {
  const wrong = workers.find((worker) => !/^(?:[^\s:,/[\]]+|\[[\da-f:.]+\]):[1-9]\d{0,4}$/i.test(worker));
  if (wrong !== undefined) throw new InvalidArgumentError('joinCluster', 'workers', wrong, 'addresses host:port');
  if (workers.length === 0) throw new InvalidArgumentError('joinCluster', 'workers', workers, 'at least one address');
  const twice = workers.find((worker, i) => workers.indexOf(worker) < i);
  if (twice !== undefined)
    throw new InvalidArgumentError('joinCluster', 'workers', twice, 'an address that is there once');
  if (!Number.isInteger(index) || index < 0 || index >= workers.length) {
    throw new InvalidArgumentError('joinCluster', 'index', index, `a whole number from 0 to ${workers.length - 1}`);
  }
  for (const [name, value] of Object.entries(seconds)) {
    if (!(value > 0 && Number.isFinite(value)))
      throw new InvalidArgumentError('joinCluster', name, value, 'a number of seconds above 0');
  }
}

/** gRPC would ask the proxy of the environment for the workers. */
function avoidProxies(workers: readonly string[]): void {
  const hosts = workers.map((worker) => worker.slice(0, worker.lastIndexOf(':')));
  const known = process.env.no_grpc_proxy ?? process.env.no_proxy;
  process.env.no_grpc_proxy = [...(known === undefined ? [] : [known]), ...new Set(hosts)].join(',');
}
