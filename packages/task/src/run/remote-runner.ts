/** A network for servers: it runs in a process of its own. */
import { type ImageInput, sendableImage } from '@icconv/base/pictures';
import type { Task, TaskTypes } from '../contract/task';
import type { DescribedSource, ModelSource } from '../model/resolve-model';
import { createRemote, type Hosted } from '../process';
import { createRunner, type RunnerOptions } from './create-runner';
import { type Runner, type RunnerWork, runnerOf } from './runner';

/** A source whose weights are a file: tensors stay in the process that made them. */
export type RemoteSource<T extends TaskTypes> = string | WithFile<DescribedSource<T>>;
type WithFile<S> = S extends { readonly weights: unknown } ? Omit<S, 'weights'> & { readonly weights: string } : S;

/** What crosses to the other process. */
export type RemoteRunnerOptions = Omit<RunnerOptions, 'signal' | 'onProgress'>;

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
  options: RemoteRunnerOptions = {},
): Promise<Runner<T>> {
  const remote = await createRemote({ module, options: { source, options } });
  const model = remote.facts as T['model'];

  // One call takes as many pictures as may be decoded ahead; the next is on its way while the network is busy with it.
  async function* work(...[images, options, checkAlive]: Parameters<RunnerWork<T>>) {
    const { signal, onProgress: _, ...how } = options;
    const { batchSize = 2 } = options;
    const send = async (start: number) => {
      checkAlive();
      const sent = await Promise.all(images.slice(start, start + batchSize).map(sendableImage));
      return (await remote.call('run', [sent, how], signal)) as T['result'][];
    };
    let next: Promise<T['result'][]> | undefined;
    for (let start = 0; start < images.length; start += batchSize) {
      const current = next ?? send(start);
      if (start + batchSize < images.length) next = send(start + batchSize);
      // Where the caller stops before its turn, there is nobody to throw at.
      next?.catch(() => {});
      yield* await current;
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
