/** A network in this process: decoding, the task's own work, results in pixels of the pictures. */
import { setImmediate } from 'node:timers/promises';
import { defined } from '@icconv/base';
import { type DecodeOptions, decodeAhead, type ImageInput } from '@icconv/base/pictures';
import type { StateDict } from '@icconv/models';
import { runSteps } from '@icconv/tensor-ops';
import type { Task, TaskTypes } from '../contract/task';
import { type PictureRunner, pictureRunner } from './picture-runner';

export interface LocalRunner<T extends TaskTypes = TaskTypes> extends PictureRunner<T, ImageInput> {}

/**
 * Compiles weights and runs them. Its calls keep the event loop busy while TensorFlow works.
 *
 * @param weights - stay the caller's.
 * @param decode - for every call that does not say otherwise.
 */
export function localRunner<T extends TaskTypes>(
  task: Task<T>,
  model: T['model'],
  weights: Readonly<StateDict>,
  decode: Omit<DecodeOptions, 'signal'> = {},
): LocalRunner<T> {
  return pictureRunner<T, ImageInput>(task, model, weights, {
    decode(images, { batchSize: ahead = 2, signal, decode: own }) {
      return decodeAhead(images, { ...decode, ...own, ahead, ...defined({ signal }) });
    },
    go: runSteps,
    // Timers and other requests.
    pause: () => setImmediate(),
  });
}
