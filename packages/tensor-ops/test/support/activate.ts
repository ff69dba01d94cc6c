import { activator } from '@icconv/test-utils';
import { useEngine } from '../../src/engine';
import { registerKernels } from '../../src/ops/register-kernels';

export const activate = activator({ useEngine, registerKernels });
