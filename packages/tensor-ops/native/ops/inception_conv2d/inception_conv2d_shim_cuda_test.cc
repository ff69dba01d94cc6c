// The CUDA kernels for the CPU.
#include "cuda/emulation/shim.cuh"
#include "ops/inception_conv2d/inception_conv2d.cu"

ICCONV_SHIM_KERNEL(icconv_inception_conv2d);
ICCONV_SHIM_KERNEL(icconv_inception_conv2d_grad_input);
ICCONV_SHIM_KERNEL(icconv_inception_conv2d_grad_filter);
