// The CUDA kernel for the CPU.
#include "cuda/emulation/shim.cuh"
#include "ops/image_batch/image_batch.cu"

ICCONV_SHIM_KERNEL(icconv_image_batch);
