/**
 * TensorFlow.js' binding takes memory to be endless: an upload writes to the null that TensorFlow's C interface was given, a download
 * asks V8, and an op's bookkeeping throws through C. Each ends the process. So what they are going to need is asked for first.
 */
import { OutOfMemoryError } from '../errors';

/** What is guarded of tfjs-node's backend. */
export interface GuardedBackend {
  binding: {
    createTensor(shape: readonly number[], dtype: number, values: ArrayLike<unknown> & { byteLength?: number }): number;
    executeOp(op: string, attrs: unknown, inputs: unknown, outputs: number): { readonly id: number }[];
    deleteTensor(id: number): void;
  };
  readonly tensorMap: {
    get(dataId: object): { readonly shape: readonly number[]; readonly values: unknown } | undefined;
  };
  readSync(dataId: object): unknown;
}

/** What an op needs beside its results. */
const BOOKKEEPING = 1 << 20;
/** Milliseconds in which nobody can fill the reserve of what was found obtainable; asking takes half as long as the smallest op. */
const STILL_GOOD = 0.2;

export function guardMemory(backend: GuardedBackend, obtainable: (bytes: number) => boolean): void {
  let lastGood = Number.NEGATIVE_INFINITY;
  const need = (what: string, wanted: number) => {
    const bytes = Math.max(wanted, BOOKKEEPING);
    if (bytes === BOOKKEEPING && performance.now() - lastGood < STILL_GOOD) return;
    if (!obtainable(bytes)) throw new OutOfMemoryError(what, bytes);
    lastGood = performance.now();
  };
  const { binding } = backend;
  // Its own properties cannot be written.
  backend.binding = Object.create(binding, {
    createTensor: {
      value: ((shape, dtype, values) => {
        need('upload of a tensor', values?.byteLength ?? 0);
        return binding.createTensor(shape, dtype, values);
      }) satisfies GuardedBackend['binding']['createTensor'],
    },
    executeOp: {
      value: ((op, attrs, inputs, outputs) => {
        need(op, 0);
        return binding.executeOp(op, attrs, inputs, outputs);
      }) satisfies GuardedBackend['binding']['executeOp'],
    },
  });
  const readSync = backend.readSync.bind(backend);
  backend.readSync = (dataId) => {
    const info = backend.tensorMap.get(dataId);
    // Four bytes a number, or fewer.
    if (info?.values === null)
      need(
        'download of a tensor',
        info.shape.reduce((size, length) => size * length, 4),
      );
    return readSync(dataId);
  };
}
