// The CUDA kernel for the CPU.
#include "cuda/emulation/shim.cuh"
#include "ops/box_candidates/box_candidates.cu"

ICCONV_SHIM_KERNEL(icconv_box_candidates);
