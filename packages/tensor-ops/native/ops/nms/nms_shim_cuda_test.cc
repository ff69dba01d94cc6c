// The CUDA kernels for the CPU.
#include "cuda/emulation/shim.cuh"
#include "ops/nms/nms.cu"

ICCONV_SHIM_KERNEL(icconv_nms_keys);
ICCONV_SHIM_KERNEL(icconv_nms_sort);
ICCONV_SHIM_KERNEL(icconv_nms_merge);
ICCONV_SHIM_KERNEL(icconv_nms_mask);
ICCONV_SHIM_KERNEL(icconv_nms_walk);
