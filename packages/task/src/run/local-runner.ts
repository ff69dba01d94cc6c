/** A network in this process: decoding, the task's own work, results in pixels of the pictures. */
import { setImmediate } from 'node:timers/promises';
import { DisposedError } from '@icconv/base';
import { type DecodeOptions, decodeAhead } from '@icconv/base/pictures';
import type { StateDict } from '@icconv/models';
import { checkCallOptions } from '../contract/call-options';
import type { Task, TaskTypes } from '../contract/task';
import { type Runner, runAll } from './runner';

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
  const { verb, check, compile, run, nothing } = task.inference;
  check({}, model);
  const network = compile(weights, model);
  let disposed = false;
  const checkAlive = () => {
    if (disposed) throw new DisposedError(verb, `the ${task.noun}`, 'create another');
  };

  async function* stream(images: Parameters<Runner<T>['stream']>[0], options: T['options'] = {}) {
    checkAlive();
    checkCallOptions(verb, options);
    check(options, model);
    const { batchSize: ahead = 2, onError = 'throw', signal, onProgress } = options;
    const reading = { ...decode, ...options.decode, ahead, ...(signal !== undefined && { signal }) };
    let done = 0;
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
      onProgress?.({ done: ++done, total: images.length });
    }
  }

  return {
    model,
    network,
    stream,
    run: runAll<T>(stream),
    async dispose() {
      if (!disposed) network.dispose();
      disposed = true;
    },
  };
}
