/**
 * On a GPU, an op of ours that has a kernel for the CPU alone is run there by TensorFlow without a word: its inputs are copied over, its result
 * stays there until the next op wants it back. That is told once an op; with `ICCONV_STRICT_DEVICE=1`, as tests want it, it is an error.
 */
import { KernelError } from '../errors';
import type { GuardedBackend } from './guard-memory';

export function watchDevice(
  backend: Pick<GuardedBackend, 'binding'>,
  hasGpuKernel: (op: string) => boolean,
  warn: (message: string) => void,
  strict = process.env.ICCONV_STRICT_DEVICE === '1',
): void {
  const told = new Set<string>();
  const { binding } = backend;
  // Its own properties cannot be written.
  backend.binding = Object.create(binding, {
    executeOp: {
      value: ((op, attrs, inputs, outputs) => {
        if (op.startsWith(PREFIX) && !hasGpuKernel(op) && !told.has(op)) {
          const name = op.charAt(PREFIX.length).toLowerCase() + op.slice(PREFIX.length + 1);
          if (strict) throw new KernelError(name, REASON);
          told.add(op);
          warn(`${name}: ${REASON}`);
        }
        return binding.executeOp(op, attrs, inputs, outputs);
      }) satisfies GuardedBackend['binding']['executeOp'],
    },
  });
}

const REASON = 'no kernel for the GPU yet, so it runs on the CPU: its tensors are copied there and back';

/** Of the names of this project's TensorFlow ops. */
const PREFIX = 'Icconv';
