/** A network for servers: it runs in a process of its own. */
import { availableParallelism } from 'node:os';
import { defined } from '@icconv/base';
import { type ImageInput, sendableImage } from '@icconv/base/pictures';
import { checkCount } from '../contract/call-options';
import type { Task, TaskTypes } from '../contract/task';
import type { DescribedSource, ModelSource } from '../model/resolve-model';
import { createRemote, type Hosted } from '../process';
import { createRunner, type RunnerOptions } from './create-runner';
import { type Runner, type RunnerWork, runnerOf } from './runner';

/** A source whose weights are a file: tensors stay in the process that made them. */
export type RemoteSource<T extends TaskTypes> = string | WithFile<DescribedSource<T>>;
type WithFile<S> = S extends { readonly weights: unknown } ? Omit<S, 'weights'> & { readonly weights: string } : S;

/** What crosses to the other process. */
export interface RemoteRunnerOptions extends Omit<RunnerOptions, 'signal' | 'onProgress'> {
  /**
   * Processes, each with a network of its own: calls that come together are shared out. They divide the processors, where `threads` does
   * not say otherwise. @defaultValue `1`
   */
  readonly workers?: number;
}

/** What runs in that process: a module of the task's package exports it as `create`. */
export function hostedRunner<T extends TaskTypes>(
  task: Task<T>,
): (options: { readonly source: ModelSource<T>; readonly options: RunnerOptions }) => Promise<Hosted> {
  return async ({ source, options }) => {
    const runner = await createRunner(task, source, options);
    return {
      facts: runner.model,
      methods: {
        run: (images: readonly ImageInput[], how: T['options'], signal: AbortSignal) =>
          runner.run(images, { ...how, signal }),
      },
      dispose: () => runner.dispose(),
    };
  };
}

/**
 * Loads a network into a child process. Same results as {@link createRunner}, while this process' event loop stays free: calls wait their
 * turn there. Should the child die, running calls fail with a RemoteExitError, and the next call starts another.
 *
 * @param module - address of the module that exports `create`, see {@link hostedRunner}.
 * @throws as {@link createRunner}, as RemoteError with the error's name and code.
 */
export async function createRemoteRunner<T extends TaskTypes>(
  task: Task<T>,
  module: string,
  source: RemoteSource<T>,
  { workers = 1, ...options }: RemoteRunnerOptions = {},
): Promise<Runner<T>> {
  checkCount(task.inference.verb, 'workers', workers);
  const share = workers === 1 ? undefined : Math.max(1, Math.floor(availableParallelism() / workers));
  const created: RunnerOptions = { ...defined({ threads: share }), ...options };
  const remote = await createRemote({ module, options: { source, options: created }, workers });
  const model = remote.facts as T['model'];

  // One call takes as many pictures as may be decoded ahead; the next is on its way while the networks are busy.
  async function* work(...[images, options, checkAlive]: Parameters<RunnerWork<T>>) {
    const { signal, onProgress: _, ...how } = options;
    const { batchSize = 2 } = options;
    const send = async (start: number) => {
      checkAlive();
      const sent = await Promise.all(images.slice(start, start + batchSize).map(sendableImage));
      return (await remote.call('run', [sent, how], signal)) as T['result'][];
    };
    const going: Promise<T['result'][]>[] = [];
    for (let start = 0; start < images.length || going.length > 0; ) {
      for (; going.length <= workers && start < images.length; start += batchSize) {
        const next = send(start);
        // Where the caller stops before its turn, there is nobody to throw at.
        next.catch(() => {});
        going.push(next);
      }
      yield* await going.shift()!;
    }
  }

  return runnerOf(task, model, work, () => remote.dispose());
}

/**
 * The address of a module beside the caller's, from sources as from a build, whose ES module it is: a child has its own copies anyway, and
 * CommonJS builds cannot import by address.
 *
 * @param here - `import.meta.url`.
 */
export function moduleBeside(here: string, name: string): string {
  return new URL(`./${name}.${here.endsWith('.ts') ? 'ts' : 'js'}`, here).href;
}
