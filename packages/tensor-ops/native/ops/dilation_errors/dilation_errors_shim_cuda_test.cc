// The CUDA kernels for the CPU.
#include "cuda/emulation/shim.cuh"
#include "ops/dilation_errors/dilation_errors.cu"

ICCONV_SHIM_KERNEL(icconv_dilation_whole);
ICCONV_SHIM_KERNEL(icconv_dilation_errors);
