// Bias, residual and ReLU behind a convolution of another's, on CUDA; all pointers are the device's. On the CPU conv2d.h has them in its own pass.
#ifndef ICCONV_OPS_CONV_FINISH_CUDA_H_
#define ICCONV_OPS_CONV_FINISH_CUDA_H_

#include <cstdint>

#include "cuda/launcher.h"

namespace icconv {

// y = act(x + bias + residual): P pixels of C channels; bias [C] and residual [P, C] may be null.
void conv_finish_cuda(int64_t pixels, int channels, const float* x, const float* bias, const float* residual, bool relu, float* y, Launcher& launcher);

}  // namespace icconv

#endif  // ICCONV_OPS_CONV_FINISH_CUDA_H_
