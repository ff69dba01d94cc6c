// The CUDA kernels for the CPU.
#include "cuda/emulation/shim.cuh"
#include "ops/batch_norm/batch_norm.cu"

ICCONV_SHIM_KERNEL(icconv_batch_norm_statistics);
ICCONV_SHIM_KERNEL(icconv_batch_norm_apply);
ICCONV_SHIM_KERNEL(icconv_batch_norm_grad_sums);
ICCONV_SHIM_KERNEL(icconv_batch_norm_grad_apply);
