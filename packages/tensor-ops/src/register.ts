/** Importing this entry registers every kernel and gradient of this package. */
import { registerKernels } from './ops/register-kernels';

registerKernels();
