/** A network ready for use, in this process or in another. */
import type { ImageInput } from '@icconv/base/pictures';
import type { Images, TaskTypes } from '../contract/task';

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

/** One in, one out; a list in, a list out. */
export function runAll<T extends TaskTypes>(stream: Runner<T>['stream']): RunImages<T> {
  const run = async (images: Images, options?: T['options']) => {
    const results: T['result'][] = [];
    for await (const result of stream(Array.isArray(images) ? images : [images as ImageInput], options)) {
      results.push(result);
    }
    return Array.isArray(images) ? results : results[0]!;
  };
  return run as RunImages<T>;
}
