// The CUDA kernels for the CPU.
#include "cuda/emulation/shim.cuh"
#include "ops/keypoint_grouping/keypoint_grouping.cu"

ICCONV_SHIM_KERNEL(icconv_keypoint_peaks);
ICCONV_SHIM_KERNEL(icconv_keypoint_nearest);
ICCONV_SHIM_KERNEL(icconv_keypoint_places);
