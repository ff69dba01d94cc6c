// Batch normalisation by the statistics of the batch, with the sum and ReLU that follow it in residual networks, and its gradient: two passes
// over the map each.
//
//     y = relu((x - mean) / sqrt(variance + epsilon) * weight + bias + residual)
//
// P pixels of C channels, dense float32. The variance divides by P. Rounding: sums run over pieces of pixels and are merged in double.
#ifndef ICCONV_OPS_BATCH_NORM_H_
#define ICCONV_OPS_BATCH_NORM_H_

#include <cstdint>

#include "common/executor.h"

namespace icconv {

struct BatchNormShape {
    int64_t pixels;
    int channels;
};

// residual may be null. mean, variance [C].
void batch_norm(const BatchNormShape& shape, const float* x, const float* weight, const float* bias, const float* residual, float epsilon,
                bool relu, float* y, float* mean, float* variance, Executor& executor);

// y is what batch_norm() gave, or null without ReLU. dresidual may be null, and is the gradient behind ReLU.
void batch_norm_grad(const BatchNormShape& shape, const float* x, const float* y, const float* dy, const float* weight, const float* mean,
                     const float* variance, float epsilon, float* dx, float* dweight, float* dbias, float* dresidual, Executor& executor);

}  // namespace icconv

#endif  // ICCONV_OPS_BATCH_NORM_H_
