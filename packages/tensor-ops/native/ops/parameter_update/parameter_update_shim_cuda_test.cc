// The CUDA kernels for the CPU.
#include "cuda/emulation/shim.cuh"
#include "ops/parameter_update/parameter_update.cu"

ICCONV_SHIM_KERNEL(icconv_sgd_update);
ICCONV_SHIM_KERNEL(icconv_adam_update);
ICCONV_SHIM_KERNEL(icconv_linear_combination);
ICCONV_SHIM_KERNEL(icconv_global_norm);
