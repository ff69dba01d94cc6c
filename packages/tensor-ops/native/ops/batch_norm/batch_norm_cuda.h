// Batch normalisation on CUDA: the host's part. Formula: batch_norm.h; kernels: batch_norm.cu. All pointers are the device's.
#ifndef ICCONV_OPS_BATCH_NORM_CUDA_H_
#define ICCONV_OPS_BATCH_NORM_CUDA_H_

#include <cstdint>

#include "cuda/launcher.h"
#include "ops/batch_norm/batch_norm.h"

namespace icconv {

// Floats of memory that either call takes.
int64_t batch_norm_cuda_workspace(const BatchNormShape& shape);

// As batch_norm() and batch_norm_grad().
void batch_norm_cuda(const BatchNormShape& shape, const float* x, const float* weight, const float* bias, const float* residual, float epsilon,
                     bool relu, float* y, float* mean, float* variance, float* workspace, Launcher& launcher);
void batch_norm_grad_cuda(const BatchNormShape& shape, const float* x, const float* y, const float* dy, const float* weight, const float* mean,
                          const float* variance, float epsilon, float* dx, float* dweight, float* dbias, float* dresidual, float* workspace,
                          Launcher& launcher);

}  // namespace icconv

#endif  // ICCONV_OPS_BATCH_NORM_CUDA_H_
