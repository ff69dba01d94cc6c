import { registerKernels } from '@icconv/tensor-ops';
import { useEngine } from '@icconv/tensor-ops/engine';
import { activator } from '@icconv/test-utils';

export const activate = activator({ useEngine, registerKernels });
