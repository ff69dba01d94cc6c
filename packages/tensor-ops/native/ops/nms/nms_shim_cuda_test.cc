// The CUDA kernel for the CPU.
#include "cuda/emulation/shim.cuh"
#include "ops/nms/nms.cu"

ICCONV_SHIM_KERNEL(icconv_nms_mask);
