/**
 * An object in a child process of its own, so that TensorFlow's work does not keep this process' event loop busy.
 *
 * A process and not a thread: TensorFlow.js' binding keeps global state and has crashed with several threads (tensorflow/tfjs#8312).
 */
import { type ChildProcess, fork } from 'node:child_process';
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { DisposedError, VisionError } from '@icconv/base';
import type { ErrorReport, FromChild, ToChild } from './messages';

export interface RemoteOptions {
  /** Address of a module that exports `create(options)`, see `Hosted`. */
  readonly module: string;
  /** For `create`; anything that can be cloned. */
  readonly options: unknown;
  /** Processes with such an object each; a call goes to the one that has the least to do. @defaultValue `1` */
  readonly workers?: number;
}

export interface Remote {
  /** What the module tells of itself. */
  readonly facts: unknown;
  /**
   * Calls a method there. A child that has died is started anew by the next call, also when its death shows only after the call was sent.
   *
   * @throws what the method throws, as a {@link RemoteError} with its name and code; {@link RemoteExitError} when the child dies meanwhile;
   *   the signal's reason when aborted.
   */
  call(method: string, args: readonly unknown[], signal?: AbortSignal): Promise<unknown>;
  /** Ends the child when its running calls are done. */
  dispose(): Promise<void>;
}

/** An error of the child. */
export class RemoteError extends VisionError {
  static override readonly kind: string = 'RemoteError';

  constructor({ name, message, code, hints }: ErrorReport) {
    super(code ?? 'ICCONV_REMOTE', message, { hints });
    this.name = name;
  }
}

/** The child process died. */
export class RemoteExitError extends VisionError {
  static override readonly kind: string = 'RemoteExitError';

  constructor(reason: string) {
    super('ICCONV_REMOTE_EXIT', `the process that runs TensorFlow ended: ${reason}; the next call starts another`);
    this.name = 'RemoteExitError';
  }
}

interface Pending {
  resolve(value: unknown): void;
  reject(error: unknown): void;
  /** Whether the child has begun. */
  began?: boolean;
}

/** The child died before it began a call, which another may therefore do. */
class NotBegunError extends RemoteExitError {
  static override readonly kind: string = 'NotBegunError';
}

/** Children that a call is given to, one after the other: where they die at their start, the next will as well. */
const MOST_CHILDREN = 3;

function startHost(): ChildProcess {
  const here = import.meta.url;
  const beside = (name: string) => fileURLToPath(new URL(`./${name}`, here));
  if (!here.endsWith('.ts')) {
    return fork(beside('process-host.js'), { serialization: 'advanced' });
  }
  // From the sources, as in the tests of a checkout.
  const loader = pathToFileURL(createRequire(here).resolve('tsx')).href;
  const execArgv = ['--import', loader, '--conditions=icconv-source'];
  return fork(beside('host.ts'), { serialization: 'advanced', execArgv });
}

class Child {
  readonly ready: Promise<unknown>;
  readonly #process: ChildProcess;
  readonly #pending = new Map<number, Pending>();
  readonly #running = new Set<Promise<unknown>>();
  /** Sent and not answered: calls that were given up on too, while the child is still at them. */
  readonly #sent = new Set<number>();
  #nextId = 0;
  #ended = false;
  /** False as soon as there is a sign of its end. */
  alive = true;

  constructor({ module, options }: Pick<RemoteOptions, 'module' | 'options'>) {
    this.#process = startHost();
    this.ready = new Promise((resolve, reject) => {
      this.#pending.set(-1, { resolve, reject });
    });
    this.ready.catch(() => {});
    this.#process.on('message', (message: FromChild) => this.#receive(message));
    const gone = () => {
      this.alive = false;
    };
    this.#process.on('exit', gone);
    this.#process.on('disconnect', gone);
    // After the last of what it had sent.
    this.#process.on('close', (code, signal) => this.#end(signal === null ? `exit code ${code}` : `signal ${signal}`));
    this.#process.on('error', (error) => this.#end(error.message));
    this.#send({ kind: 'start', module, options });
  }

  /** Calls that wait or are at work. */
  get load(): number {
    return Math.max(this.#sent.size, this.#running.size);
  }

  call(method: string, args: readonly unknown[], signal?: AbortSignal): Promise<unknown> {
    const work = this.#call(method, args, signal);
    const done: Promise<unknown> = work.then(
      () => this.#running.delete(done),
      () => this.#running.delete(done),
    );
    this.#running.add(done);
    return work;
  }

  async #call(method: string, args: readonly unknown[], signal?: AbortSignal): Promise<unknown> {
    await this.ready;
    signal?.throwIfAborted();
    const id = this.#nextId++;
    const result = new Promise<unknown>((resolve, reject) => this.#pending.set(id, { resolve, reject }));
    const abort = () => {
      this.#send({ kind: 'abort', id });
      this.#take(id)?.reject(signal!.reason);
    };
    signal?.addEventListener('abort', abort, { once: true });
    try {
      this.#send({ kind: 'call', id, method, args });
      this.#sent.add(id);
      return await result;
    } finally {
      signal?.removeEventListener('abort', abort);
    }
  }

  async stop(): Promise<void> {
    await Promise.allSettled(this.#running);
    if (this.#ended) return;
    const ended = new Promise<void>((resolve) => this.#process.once('close', () => resolve()));
    this.#send({ kind: 'stop' });
    await ended;
  }

  kill(): void {
    this.#process.kill('SIGKILL');
  }

  #send(message: ToChild): void {
    // A failure to send is that of a child whose end is about to be told.
    if (this.alive) this.#process.send(message, () => {});
  }

  #receive(message: FromChild): void {
    switch (message.kind) {
      case 'ready':
        this.#take(-1)?.resolve(message.facts);
        break;
      case 'failed':
        this.#take(-1)?.reject(new RemoteError(message.error));
        this.kill();
        break;
      case 'began': {
        const pending = this.#pending.get(message.id);
        if (pending !== undefined) pending.began = true;
        break;
      }
      case 'result':
        this.#sent.delete(message.id);
        this.#take(message.id)?.resolve(message.value);
        break;
      case 'error':
        this.#sent.delete(message.id);
        this.#take(message.id)?.reject(new RemoteError(message.error));
    }
  }

  #take(id: number): Pending | undefined {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    return pending;
  }

  #end(reason: string): void {
    this.alive = false;
    this.#ended = true;
    for (const { reject, began } of this.#pending.values()) {
      reject(began === true ? new RemoteExitError(reason) : new NotBegunError(reason));
    }
    this.#pending.clear();
  }
}

/**
 * Starts the children and waits until their objects are made.
 *
 * @throws what `create` throws, as a {@link RemoteError}: then no child is left.
 */
export async function createRemote(options: RemoteOptions): Promise<Remote> {
  const children = Array.from({ length: options.workers ?? 1 }, () => new Child(options));
  let disposed = false;
  const started = Promise.all(children.map(({ ready }) => ready));
  started.catch(() => children.map((child) => child.kill()));
  const [facts] = await started;

  const leastBusy = () => {
    const loads = children.map(({ load }) => load);
    const slot = loads.indexOf(Math.min(...loads));
    if (!children[slot]!.alive) children[slot] = new Child(options);
    return children[slot]!;
  };

  return {
    facts,
    async call(method, args, signal) {
      for (let tries = 1; ; tries++) {
        if (disposed) throw new DisposedError(method, 'the remote object', 'create another');
        signal?.throwIfAborted();
        try {
          return await leastBusy().call(method, args, signal);
        } catch (error) {
          if (!(error instanceof NotBegunError) || tries === MOST_CHILDREN) throw error;
        }
      }
    },
    async dispose() {
      if (disposed) return;
      disposed = true;
      await Promise.all(children.map((child) => child.stop()));
    },
  };
}
