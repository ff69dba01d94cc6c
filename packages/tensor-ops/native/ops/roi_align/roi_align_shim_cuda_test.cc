// The CUDA kernels for the CPU.
#include "cuda/emulation/shim.cuh"
#include "ops/roi_align/roi_align.cu"

ICCONV_SHIM_KERNEL(icconv_roi_align);
ICCONV_SHIM_KERNEL(icconv_roi_align_grad);
