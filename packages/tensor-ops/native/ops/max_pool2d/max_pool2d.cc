#include "ops/max_pool2d/max_pool2d.h"

#include <algorithm>
#include <cstddef>

namespace icconv {
namespace {

// One row of outputs.
void pool_row(const MaxPool2DSize& s, const float* image, int oh, float* y) {
    const int top = oh * s.stride_h - s.pad_h;
    const int h0 = std::max(0, top), h1 = std::min(s.in_h, top + s.size_h);
    const int out_w = s.out_w();
    for (int ow = 0; ow < out_w; ++ow, y += s.channels) {
        const int left = ow * s.stride_w - s.pad_w;
        const int w0 = std::max(0, left), w1 = std::min(s.in_w, left + s.size_w);
        for (int h = h0; h < h1; ++h) {
            for (int w = w0; w < w1; ++w) {
                const float* const x = image + (static_cast<ptrdiff_t>(h) * s.in_w + w) * s.channels;
                if (h == h0 && w == w0) {
                    std::copy(x, x + s.channels, y);
                } else {
                    for (int c = 0; c < s.channels; ++c) y[c] = x[c] > y[c] ? x[c] : y[c];
                }
            }
        }
    }
}

}  // namespace

void max_pool2d(const MaxPool2DSize& size, const float* x, float* y, Executor& executor) {
    const int out_h = size.out_h();
    const long rows = static_cast<long>(size.batch) * out_h;
    if (rows <= 0) return;
    const ptrdiff_t image = static_cast<ptrdiff_t>(size.in_h) * size.in_w * size.channels;
    const ptrdiff_t row = static_cast<ptrdiff_t>(size.out_w()) * size.channels;
    const int tasks = static_cast<int>(std::min<long>(rows, 8L * executor.threads()));
    executor.run(tasks, [&](int task) {
        for (long r = rows * task / tasks; r < rows * (task + 1) / tasks; ++r) {
            pool_row(size, x + r / out_h * image, static_cast<int>(r % out_h), y + r * row);
        }
    });
}

}  // namespace icconv
