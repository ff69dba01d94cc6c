/** One worker's view of its cluster: what the workers do together, and who of them is lost. */
import { setTimeout } from 'node:timers/promises';
import type { Tensor } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { InvalidArgumentError, ShapeMismatchError } from '../errors';
import { buckets } from './buckets';
import { ClusterError } from './cluster-error';
import type { CollectiveCall, NativeCollectives } from './native-collectives';
import { lengthOf, pack, SHORT, unpack } from './texts';

export interface ExchangeOptions {
  /** How long the others may take to come to the same call. @defaultValue that of `joinCluster` */
  readonly timeoutSeconds?: number;
}

/**
 * Several processes that compute together. All must make the same calls in the same order, with tensors of the same shapes; each call ends
 * when all have made it. The first failure of any ends the cluster: everything that waits and all later calls reject with one error.
 */
export interface Cluster {
  /** Of this process, from 0. */
  readonly index: number;
  readonly size: number;
  /** Addresses, `host:port`. */
  readonly workers: readonly string[];
  /**
   * The mean over all workers of each tensor, bit for bit the same on all; sums are taken in the order of a ring.
   *
   * @param tensors - float32, which stay the caller's and may be disposed at once. The results are the caller's too.
   */
  allReduceMean<T extends Tensor>(tensors: readonly T[], options?: ExchangeOptions): Promise<T[]>;
  /** Worker 0's tensors; those of the others only say shapes and types. @param tensors - float32 or int32. */
  broadcast<T extends Tensor>(tensors: readonly T[], options?: ExchangeOptions): Promise<T[]>;
  /** The workers' tensors joined along the first axis, in the workers' order. @param tensor - float32 or int32, of one shape on all. */
  gather<T extends Tensor>(tensor: T, options?: ExchangeOptions): Promise<T>;
  /** As `gather`, float32, without a promise: JavaScript waits, and hears of no signal meanwhile. For what a forward or backward pass needs. */
  gatherNow<T extends Tensor>(tensor: T): T;
  /** A text of each worker, in their order; for what is small. */
  gatherTexts(text: string, options?: ExchangeOptions): Promise<string[]>;
  /** Ends when all are there. */
  barrier(options?: ExchangeOptions): Promise<void>;
  /** @returns workers that do not answer, and TensorFlow's reasons; empty where all are well. */
  checkPeers(options?: { readonly limitSeconds?: number }): Promise<LostWorker[]>;
  /** Ends this worker's calls, with this reason. TensorFlow does not tell the others: they find it lost as soon as its process ends. */
  abort(reason: string): void;
  /** Waits until the others have come to their end too, a minute at most. The process stays what it is to TensorFlow: worker N. */
  close(): Promise<void>;
}

export interface LostWorker {
  readonly index: number;
  readonly reason: string;
}

export interface ClusterSettings {
  readonly workers: readonly string[];
  readonly index: number;
  readonly timeoutSeconds: number;
  readonly checkSeconds: number;
  readonly native: NativeCollectives;
}

/** Tensors are exchanged where they are. */
const TENSORS = 1;
/** Texts are exchanged in the memory of the host: a GPU's collectives know no integers there. */
const TEXTS = 2;
/** What JavaScript waits for, amid whatever tensors are under way. */
const WAITED_FOR = 3;
type Group = typeof TENSORS | typeof TEXTS | typeof WAITED_FOR;
const GROUPS = 3;
/** A loss is told by each of those that are left, so each waits a moment for the others to ask after it and find it well. */
const LINGER_MS = 1000;
const CLOSING_SECONDS = 60;
/** Seconds that an answer to "are you there?" takes at most. */
export const ANSWER_SECONDS = 5;

export function createCluster({ workers, index, timeoutSeconds, checkSeconds, native }: ClusterSettings): Cluster {
  const size = workers.length;
  const cpu = `/job:worker/replica:0/task:${index}/device:CPU:0`;
  const others = [...workers.keys()].filter((each) => each !== index);
  const calls = { [TENSORS]: 0, [TEXTS]: 0, [WAITED_FOR]: 0 };
  let failure: Promise<ClusterError> | undefined;
  let closed = false;

  if (others.length > 0) native.watch(others, checkSeconds * 1000, ANSWER_SECONDS * 1000);

  /** Each group counts for itself: a text finds those of the others also where one worker lacks the tensors that they exchange meanwhile. */
  const callOf = (options: ExchangeOptions, more: Partial<CollectiveCall> = {}): CollectiveCall => {
    if (closed) throw new ClusterError([], 'it has been closed');
    const group = more.group ?? TENSORS;
    const instance = GROUPS * calls[group as Group]++ + group;
    return {
      ...{ size, group, instance, timeout: options.timeoutSeconds ?? timeoutSeconds, cpu: '', source: false },
      ...more,
    };
  };

  const collective: NativeCollectives['run'] = async (operation, tensors, shapes, call) => {
    try {
      if (failure !== undefined) throw await failure;
      return await native.run(operation, tensors, shapes, call);
    } catch (error) {
      failure ??= explain(error as Error);
      throw await failure;
    }
  };

  /** Why a call failed: the worker that the watch missed, or all that do not answer now. */
  async function explain(error: Error): Promise<ClusterError> {
    if (ClusterError.isInstance(error)) return error;
    native.unwatch();
    native.abort('the work of the cluster has ended');
    const found = native.lost();
    const lost = found === undefined ? await askPeers(ANSWER_SECONDS) : [{ index: found[0], reason: found[1] }];
    await setTimeout(LINGER_MS);
    const list = lost.map((peer) => `${name(peer.index)} is lost: ${firstLine(peer.reason)}`).join('; ');
    const reason = lost.length > 0 ? list : `all workers answer, but not to this call: ${firstLine(error.message)}`;
    return new ClusterError(
      lost.map((peer) => peer.index),
      reason,
      { cause: error },
    );
  }

  const name = (worker: number) => `worker ${worker} (${workers[worker]})`;

  async function askPeers(limitSeconds: number): Promise<LostWorker[]> {
    const answers = await Promise.all(
      others.map((peer) =>
        native.checkPeer(peer, limitSeconds * 1000).then(
          () => [],
          (error: Error) => [{ index: peer, reason: error.message }],
        ),
      ),
    );
    return answers.flat();
  }

  function checkTypes(op: string, tensors: readonly Tensor[], floats: boolean): void {
    for (const { dtype } of tensors) {
      if (floats ? dtype === 'float32' : native.moves(dtype)) continue;
      throw new InvalidArgumentError(op, 'tensors', dtype, floats ? 'float32' : 'float32 or int32');
    }
  }

  const onHost = (tensor: Tensor) => (tensor.dtype === 'int32' ? { group: TEXTS, cpu } : { group: TENSORS });

  const cluster: Cluster = {
    index,
    size,
    workers,
    async allReduceMean(tensors, options = {}) {
      checkTypes('allReduceMean', tensors, true);
      // Gradients of the last layers come first: these are made first.
      const reversed = [...tensors].reverse();
      const parts = buckets(reversed).map((places) => ({ places, call: callOf(options) }));
      const result: typeof reversed = [];
      await together(
        parts.map(async ({ places, call }) => {
          const part = places.map((i) => reversed[i]!);
          const shapes = part.map(({ shape }) => shape);
          const means = await collective('allReduceMean', part, shapes, call);
          for (const [j, i] of places.entries()) result[i] = means[j]!;
        }),
        result,
      );
      return result.reverse();
    },
    async broadcast(tensors, options = {}) {
      checkTypes('broadcast', tensors, false);
      const calls = tensors.map((tensor) => callOf(options, { ...onHost(tensor), source: index === 0 }));
      const result: (typeof tensors)[number][] = [];
      await together(
        tensors.map(async (tensor, i) => {
          [result[i]] = (await collective('broadcast', [tensor], [tensor.shape], calls[i]!)) as [typeof tensor];
        }),
        result,
      );
      return result;
    },
    async gather(tensor, options = {}) {
      checkTypes('gather', [tensor], false);
      if (tensor.rank === 0) throw new ShapeMismatchError('gather', 'tensor', 'of at least one axis', tensor.shape);
      const [first, ...rest] = tensor.shape;
      const call = callOf(options, onHost(tensor));
      const [joined] = await collective('gather', [tensor], [[first! * size, ...rest]], call);
      return joined!;
    },
    gatherNow(tensor) {
      checkTypes('gatherNow', [tensor], true);
      const [first, ...rest] = tensor.shape;
      const call = callOf({}, { group: WAITED_FOR });
      try {
        return native.gatherNow(tensor, [first! * size, ...rest], call);
      } catch (cause) {
        const lost = native.lost();
        const reason = lost === undefined ? firstLine((cause as Error).message) : `${name(lost[0])} is lost`;
        throw new ClusterError(lost === undefined ? [] : [lost[0]], reason, { cause });
      }
    },
    async gatherTexts(text, options = {}) {
      const bytes = new TextEncoder().encode(text);
      for (let numbers = Math.max(SHORT, size === 1 ? lengthOf(bytes) : 0); ; ) {
        const own = tf.tensor1d(pack(bytes, numbers), 'int32');
        const all = await cluster.gather(own, options).finally(() => own.dispose());
        const texts = unpack(all.dataSync<'int32'>(), size);
        all.dispose();
        if (typeof texts !== 'number') return texts;
        numbers = texts;
      }
    },
    async barrier(options = {}) {
      await cluster.gatherTexts('', options);
    },
    checkPeers: ({ limitSeconds = ANSWER_SECONDS } = {}) => askPeers(limitSeconds),
    abort(reason) {
      if (closed || failure !== undefined) return;
      failure = Promise.resolve(new ClusterError([index], reason));
      native.unwatch();
      native.abort(firstLine(reason));
    },
    async close() {
      if (closed) return;
      native.unwatch();
      // Who leaves at once may take what another still waits for along; who finds the others gone has got all.
      if (failure === undefined && size > 1) {
        await cluster.barrier({ timeoutSeconds: CLOSING_SECONDS }).catch(() => {});
        await setTimeout(LINGER_MS / 4);
      }
      closed = true;
    },
  };
  return cluster;
}

/** All of them, also where one fails: then what the others gave is disposed. */
async function together(work: readonly Promise<void>[], results: readonly (Tensor | undefined)[]): Promise<void> {
  const failed = (await Promise.allSettled(work)).find((outcome) => outcome.status === 'rejected');
  if (failed === undefined) return;
  tf.dispose(results.filter((result) => result !== undefined));
  throw failed.reason;
}

const firstLine = (text: string): string => text.split('\n')[0]!.slice(0, 300);
