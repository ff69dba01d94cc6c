/** A network ready for use, in this process or in another. */
import { DisposedError } from '@icconv/base';
import type { ImageInput } from '@icconv/base/pictures';
import { checkCallOptions } from '../contract/call-options';
import type { NetworkTask, NetworkTypes } from '../contract/network-task';

/** One picture or several, of any sizes; in Node paths, addresses, encoded bytes, pixels. */
export type Images<I = ImageInput> = I | readonly I[];

/** @typeParam I - what a picture may be. */
export interface Runner<T extends NetworkTypes = NetworkTypes, I = ImageInput> {
  readonly model: T['model'];
  /**
   * Looks at pictures.
   *
   * @param images - one picture, or a list of any sizes; in Node paths, addresses, encoded bytes, pixels.
   * @returns one result for one picture, a list in its order for a list.
   * @throws ImageDecodeError with the file that cannot be read, unless errors are reported; InvalidArgumentError; DisposedError; the
   *   signal's reason when aborted.
   */
  run: RunImages<T, I>;
  /** As {@link Runner.run}, each result as soon as it is there. */
  stream(images: readonly I[], options?: T['options']): AsyncGenerator<T['result'], void, undefined>;
  /** Frees the network. */
  dispose(): Promise<void>;
}

export interface RunImages<T extends NetworkTypes, I = ImageInput> {
  (images: readonly I[], options?: T['options']): Promise<T['result'][]>;
  (image: I, options?: T['options']): Promise<T['result']>;
}

/**
 * One call's results in the order of its pictures.
 *
 * @param checkAlive - throws where the runner has been disposed meanwhile.
 */
export type RunnerWork<T extends NetworkTypes, I = ImageInput> = (
  images: readonly I[],
  options: T['options'],
  checkAlive: () => void,
) => AsyncIterable<T['result']>;

/** A runner around its work: checked calls, progress, one disposal. */
export function runnerOf<T extends NetworkTypes, I = ImageInput>(
  { noun, inference: { verb, check } }: NetworkTask<T>,
  model: T['model'],
  work: RunnerWork<T, I>,
  dispose: () => void | Promise<void>,
): Runner<T, I> {
  let disposed = false;
  const checkAlive = () => {
    if (disposed) throw new DisposedError(verb, `the ${noun}`, 'create another');
  };

  async function* stream(images: readonly I[], options: T['options'] = {}) {
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
  async function run(images: Images<I>, options?: T['options']) {
    const list = Array.isArray(images);
    const results: T['result'][] = [];
    for await (const result of stream(list ? images : [images as I], options)) results.push(result);
    return list ? results : results[0]!;
  }

  return {
    model,
    stream,
    run: run as RunImages<T, I>,
    async dispose() {
      if (disposed) return;
      disposed = true;
      await dispose();
    },
  };
}
