// Largest value of each window, channel by channel; pixels outside the map are no candidates. NHWC, dense float32.
//
// A NaN counts as larger than every number, as in PyTorch: a map that is broken stays so.
#ifndef ICCONV_OPS_MAX_POOL2D_H_
#define ICCONV_OPS_MAX_POOL2D_H_

#include <cstdint>

#include "common/executor.h"
#include "common/sizes.h"

namespace icconv {

struct MaxPool2DSize {
    int batch, in_h, in_w, channels;
    int size_h, size_w, stride_h, stride_w, pad_h, pad_w;

    // May be less than 1, when the window does not fit the padded map, and when that has more than kMostSide rows or columns.
    int out_h() const { return length(in_h, size_h, stride_h, pad_h); }
    int out_w() const { return length(in_w, size_w, stride_w, pad_w); }

private:
    static int length(int in, int window, int stride, int pad) {
        const int64_t padded = int64_t{in} + 2 * int64_t{pad};
        const int64_t span = padded - window;
        return span < 0 || padded > kMostSide ? 0 : static_cast<int>(span / stride) + 1;
    }
};

// x [N, H, W, C] to y [N, OH, OW, C]. The padding must be less than the window, so that each holds a pixel.
void max_pool2d(const MaxPool2DSize& size, const float* x, float* y, Executor& executor);

// dx [N, H, W, C] from x and dy [N, OH, OW, C]: of the pixels that hold a window's largest value the first in row order gets its dy.
void max_pool2d_grad(const MaxPool2DSize& size, const float* x, const float* dy, float* dx, Executor& executor);

}  // namespace icconv

#endif  // ICCONV_OPS_MAX_POOL2D_H_
