// The CUDA kernels on tensor cores for the CPU.
#include "cuda/emulation/mma_shim.cuh"
#include "ops/inception_conv2d/inception_conv2d_mma.cu"

ICCONV_SHIM_KERNEL(icconv_inception_conv2d_tf32);
ICCONV_SHIM_KERNEL(icconv_inception_conv2d_float16);
ICCONV_SHIM_KERNEL(icconv_inception_conv2d_bfloat16);
ICCONV_SHIM_KERNEL(icconv_inception_conv2d_grad_input_tf32);
ICCONV_SHIM_KERNEL(icconv_inception_conv2d_grad_filter_tf32);
