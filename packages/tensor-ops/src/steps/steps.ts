/**
 * Work on tensors in steps, between which numbers are read. Portable kernels such as suppression and pooling need some of their inputs on the
 * host, at once; a GPU gives numbers only after a while, and WebGPU in no other way. Work that says before each such kernel what will be read is
 * written once and runs both ways: at once where kernels can read, and waiting for the numbers in a page.
 */
import * as tf from '@tensorflow/tfjs-core';

/** Between two steps. Tensors may lie in objects and lists; only those that the steps made may be named. */
export interface StepBreak {
  /** What later steps use. */
  readonly keep?: object;
  /** What the next step's kernels read; stays too. */
  readonly read: object;
}

/** A generator. Of what a step makes only what its break names lives on, until the next break; of the last one what is returned. */
export type Steps<R> = Generator<StepBreak, R, void>;

/** One step after the other. @returns what they return; the caller disposes tensors in it. */
export function runSteps<R>(steps: Steps<R>): R {
  const walk = new Walk(steps);
  try {
    while (!walk.next());
    return walk.result;
  } finally {
    walk.end();
  }
}

/** As {@link runSteps}; before each step the numbers that it reads are waited for, so that no kernel waits for a GPU. */
export async function runStepsAsync<R>(steps: Steps<R>): Promise<R> {
  const walk = new Walk(steps);
  try {
    // A backend keeps what has been read: the kernels' own reads find it on the host.
    while (!walk.next()) await Promise.all(tensorsIn(walk.read).map((tensor) => tensor.data()));
    return walk.result;
  } finally {
    walk.end();
  }
}

const tensorsIn = (container: unknown): tf.Tensor[] =>
  tf.tensor_util.getTensorsInContainer(container as tf.TensorContainer);

class Walk<R> {
  readonly #steps: Steps<R>;
  #latest: IteratorResult<StepBreak, R> | undefined;
  #alive: readonly tf.Tensor[] = [];

  constructor(steps: Steps<R>) {
    this.#steps = steps;
  }

  /** Goes one step. @returns whether it was the last. */
  next(): boolean {
    const before = this.#alive;
    this.#alive = tf.tidy(() => {
      this.#latest = this.#steps.next();
      return tensorsIn(this.#latest.value);
    });
    const kept = new Set(this.#alive);
    tf.dispose(before.filter((tensor) => !kept.has(tensor)));
    return this.#latest!.done === true;
  }

  get read(): object {
    return (this.#latest as IteratorYieldResult<StepBreak>).value.read;
  }

  get result(): R {
    return (this.#latest as IteratorReturnResult<R>).value;
  }

  /** Where a step or a read failed, nothing is left. */
  end(): void {
    if (this.#latest?.done !== true) tf.dispose([...this.#alive]);
  }
}
