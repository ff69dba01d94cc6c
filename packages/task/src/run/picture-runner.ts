/** A network that looks at decoded pictures, wherever they come from. Free of Node. */
import { ImageDecodeError } from '@icconv/base';
import type { DecodedImage } from '@icconv/base/pictures';
import type { CompileOptions, StateDict } from '@icconv/models';
import type { Steps } from '@icconv/tensor-ops';
import type { NetworkTask, NetworkTypes } from '../contract/network-task';
import { type Runner, type RunnerWork, runnerOf } from './runner';

export interface PictureRunner<T extends NetworkTypes, I> extends Runner<T, I> {
  /** For those who want features, maps or logits. */
  readonly network: T['network'];
}

export interface PictureSource<T extends NetworkTypes, I> {
  /** Decodes in order; one that cannot be read comes as its error, in its turn. */
  decode(images: readonly I[], options: T['options']): AsyncIterable<DecodedImage | ImageDecodeError>;
  /** At once, or waiting for numbers in between. */
  go(steps: Steps<T['result']>): T['result'] | Promise<T['result']>;
  /** Between two pictures: lets in what else is waiting. */
  pause(): Promise<unknown>;
}

/**
 * Compiles weights and runs them.
 *
 * @param weights - stay the caller's.
 */
export function pictureRunner<T extends NetworkTypes, I>(
  task: NetworkTask<T>,
  model: T['model'],
  weights: Readonly<StateDict>,
  { decode, go, pause }: PictureSource<T, I>,
  options: CompileOptions = {},
): PictureRunner<T, I> {
  const { compile, run, nothing } = task.inference;
  const network = compile(weights, model, options);

  async function* work(...[images, options, checkAlive]: Parameters<RunnerWork<T, I>>) {
    for await (const picture of decode(images, options)) {
      checkAlive();
      if (ImageDecodeError.isInstance(picture)) {
        if (options.onError !== 'report') throw picture;
        const { code, message } = picture;
        yield nothing({ width: 0, height: 0, error: { code, message } });
      } else {
        yield await go(run(network, picture, model, options));
        await pause();
      }
    }
  }

  return { network, ...runnerOf<T, I>(task, model, work, () => network.dispose()) };
}
