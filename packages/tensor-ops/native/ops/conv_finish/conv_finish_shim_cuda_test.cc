// The CUDA kernel for the CPU.
#include "cuda/emulation/shim.cuh"
#include "ops/conv_finish/conv_finish.cu"

ICCONV_SHIM_KERNEL(icconv_conv_finish);
