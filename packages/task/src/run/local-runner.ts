/** A network in this process: decoding, the task's own work, results in pixels of the pictures. */
import { setImmediate } from 'node:timers/promises';
import { defined } from '@icconv/base';
import { type DecodeOptions, decodeAhead } from '@icconv/base/pictures';
import type { StateDict } from '@icconv/models';
import type { Task, TaskTypes } from '../contract/task';
import { type Runner, type RunnerWork, runnerOf } from './runner';

export interface LocalRunner<T extends TaskTypes = TaskTypes> extends Runner<T> {
  /** For those who want features, maps or logits. */
  readonly network: T['network'];
}

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
  const { compile, run, nothing } = task.inference;
  const network = compile(weights, model);

  async function* work(...[images, options, checkAlive]: Parameters<RunnerWork<T>>) {
    const { batchSize: ahead = 2, onError = 'throw', signal } = options;
    const reading = { ...decode, ...options.decode, ahead, ...defined({ signal }) };
    for await (const picture of decodeAhead(images, reading)) {
      checkAlive();
      if (picture instanceof Error) {
        if (onError === 'throw') throw picture;
        const { code, message } = picture;
        yield nothing({ width: 0, height: 0, error: { code, message } });
      } else {
        yield run(network, picture, model, options);
        // Let timers and other requests in.
        await setImmediate();
      }
    }
  }

  return { network, ...runnerOf(task, model, work, () => network.dispose()) };
}
