/** A network in this process: decoding, the task's own work, results in pixels of the pictures. */
import { setImmediate } from 'node:timers/promises';
import { defined } from '@icconv/base';
import { type DecodeOptions, decodeAhead, type ImageInput } from '@icconv/base/pictures';
import type { CompileOptions, StateDict } from '@icconv/models';
import { runSteps } from '@icconv/tensor-ops';
import type { Task, TaskTypes } from '../contract/task';
import { type PictureRunner, type PictureSource, pictureRunner } from './picture-runner';

export interface LocalRunner<T extends TaskTypes = TaskTypes> extends PictureRunner<T, ImageInput> {}

export interface LocalRunnerOptions extends CompileOptions {
  /** For every call that does not say otherwise. A server that hands on strangers' input has `{ accept: ['bytes', 'pixels'] }`. */
  readonly decode?: Omit<DecodeOptions, 'signal'> | undefined;
}

/**
 * Compiles weights and runs them. Its calls keep the event loop busy while TensorFlow works.
 *
 * @param weights - stay the caller's.
 * @param options - `decode` is for every call that does not say otherwise.
 */
export function localRunner<T extends TaskTypes>(
  task: Task<T>,
  model: T['model'],
  weights: Readonly<StateDict>,
  { decode = {}, ...compile }: LocalRunnerOptions = {},
): LocalRunner<T> {
  const source: PictureSource<T, ImageInput> = {
    decode(images, { batchSize: ahead = 2, signal, decode: own }) {
      return decodeAhead(images, { ...decode, ...own, ahead, ...defined({ signal }) });
    },
    go: runSteps,
    // Timers and other requests.
    pause: () => setImmediate(),
  };
  return pictureRunner(task, model, weights, source, compile);
}
