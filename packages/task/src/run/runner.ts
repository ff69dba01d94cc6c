/** A network ready for use, in this process or in another. */
import { DisposedError } from '@icconv/base';
import type { ImageInput } from '@icconv/base/pictures';
import { checkCallOptions } from '../contract/call-options';
import type { Images, Task, TaskTypes } from '../contract/task';

export interface Runner<T extends TaskTypes = TaskTypes> {
  readonly model: T['model'];
  /**
   * Looks at pictures.
   *
   * @param images - one picture, or a list of any sizes: paths, addresses, encoded bytes, pixels.
   * @returns one result for one picture, a list in its order for a list.
   * @throws ImageDecodeError with the file that cannot be read, unless errors are reported; InvalidArgumentError; DisposedError; the
   *   signal's reason when aborted.
   */
  run: RunImages<T>;
  /** As {@link Runner.run}, each result as soon as it is there. */
  stream(images: readonly ImageInput[], options?: T['options']): AsyncGenerator<T['result'], void, undefined>;
  /** Frees the network. */
  dispose(): Promise<void>;
}

export interface RunImages<T extends TaskTypes> {
  (images: readonly ImageInput[], options?: T['options']): Promise<T['result'][]>;
  (image: ImageInput, options?: T['options']): Promise<T['result']>;
}

/**
 * One call's results in the order of its pictures.
 *
 * @param checkAlive - throws where the runner has been disposed meanwhile.
 */
export type RunnerWork<T extends TaskTypes> = (
  images: readonly ImageInput[],
  options: T['options'],
  checkAlive: () => void,
) => AsyncIterable<T['result']>;

/** A runner around its work: checked calls, progress, one disposal. */
export function runnerOf<T extends TaskTypes>(
  { noun, inference: { verb, check } }: Task<T>,
  model: T['model'],
  work: RunnerWork<T>,
  dispose: () => void | Promise<void>,
): Runner<T> {
  let disposed = false;
  const checkAlive = () => {
    if (disposed) throw new DisposedError(verb, `the ${noun}`, 'create another');
  };

  async function* stream(images: readonly ImageInput[], options: T['options'] = {}) {
    checkAlive();
    checkCallOptions(verb, options);
    check(options, model);
    let done = 0;
    for await (const result of work(images, options, checkAlive)) {
      yield result;
      options.onProgress?.({ done: ++done, total: images.length });
    }
  }

  /** One in, one out; a list in, a list out. */
  async function run(images: Images, options?: T['options']) {
    const list = Array.isArray(images);
    const results: T['result'][] = [];
    for await (const result of stream(list ? images : [images as ImageInput], options)) results.push(result);
    return list ? results : results[0]!;
  }

  return {
    model,
    stream,
    run: run as RunImages<T>,
    async dispose() {
      if (disposed) return;
      disposed = true;
      await dispose();
    },
  };
}
