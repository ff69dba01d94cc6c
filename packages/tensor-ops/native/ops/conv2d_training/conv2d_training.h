// Convolution in training, where the filter is another one in every call: forward, and the gradients. README.md has the formulas.
//
// N images, H x W input map, OH x OW output map, C input and O output channels, KH x KW kernel; no groups, dilation 1. All tensors are dense
// float32: x [N,H,W,C], filter [KH,KW,C,O], y [N,OH,OW,O]. Arguments are trusted: the callers check them. Results do not depend on the
// number of threads' timing: sums are added up in one order.
#ifndef ICCONV_OPS_CONV2D_TRAINING_H_
#define ICCONV_OPS_CONV2D_TRAINING_H_

#include "common/executor.h"
#include "ops/conv2d/conv2d.h"

namespace icconv {

// y = act(x * filter + bias); bias [O] or null.
void conv2d_forward(const Conv2DSize& size, const Conv2DFilter& shape, const float* x, const float* filter, const float* bias, bool relu, float* y,
                    Executor& executor);

// Whether there is a gradient of the input: the padding must be less than the kernel.
bool conv2d_has_grad_input(const Conv2DSize& size, const Conv2DFilter& shape);

// dx [N,H,W,C] from dy [N,OH,OW,O].
void conv2d_grad_input(const Conv2DSize& size, const Conv2DFilter& shape, const float* dy, const float* filter, float* dx, Executor& executor);

// dfilter [KH,KW,C,O] from x and dy.
void conv2d_grad_filter(const Conv2DSize& size, const Conv2DFilter& shape, const float* x, const float* dy, float* dfilter, Executor& executor);

}  // namespace icconv

#endif  // ICCONV_OPS_CONV2D_TRAINING_H_
