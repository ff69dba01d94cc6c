// The CUDA kernel for the CPU.
#include "cuda/emulation/shim.cuh"
#include "ops/keypoint_maps/keypoint_maps.cu"

ICCONV_SHIM_KERNEL(icconv_keypoint_maps);
