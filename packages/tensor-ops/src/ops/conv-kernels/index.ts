import type { KernelContext } from '../../kernel/registry';
import type { ConvKernels } from './kernels';
import { nativeKernels } from './native-kernels';
import { portableKernels } from './portable-kernels';

export type { ConvKernels } from './kernels';

/** The computations that convolutions are made of, of the backend that a kernel runs on. */
export function convKernels({ native }: KernelContext): ConvKernels {
  return native === undefined ? portableKernels : nativeKernels(native);
}
