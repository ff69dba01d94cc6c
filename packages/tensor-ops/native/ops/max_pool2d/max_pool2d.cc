#include "ops/max_pool2d/max_pool2d.h"

#include <algorithm>
#include <cstddef>

namespace icconv {
namespace {

// Not std::max, which would drop a NaN. Two steps, of which the first is one instruction that keeps a NaN of `than`.
inline float larger(float x, float than) {
    const float number = x > than ? x : than;
    return x == x ? number : x;
}

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
                    for (int c = 0; c < s.channels; ++c) y[c] = larger(x[c], y[c]);
                }
            }
        }
    }
}

// Channels whose gradients a task adds, a cache line.
constexpr int kChannels = 16;

// Channels [begin, end) of one image.
void pool_grad(const MaxPool2DSize& s, const float* x, const float* dy, float* dx, int begin, int end) {
    const ptrdiff_t pixels = static_cast<ptrdiff_t>(s.in_h) * s.in_w;
    for (ptrdiff_t pixel = 0; pixel < pixels; ++pixel) std::fill(dx + pixel * s.channels + begin, dx + pixel * s.channels + end, 0.0f);
    const int out_h = s.out_h(), out_w = s.out_w();
    for (int oh = 0; oh < out_h; ++oh) {
        const int top = oh * s.stride_h - s.pad_h;
        const int h0 = std::max(0, top), h1 = std::min(s.in_h, top + s.size_h);
        for (int ow = 0; ow < out_w; ++ow) {
            const int left = ow * s.stride_w - s.pad_w;
            const int w0 = std::max(0, left), w1 = std::min(s.in_w, left + s.size_w);
            const float* const of_window = dy + (static_cast<ptrdiff_t>(oh) * out_w + ow) * s.channels;
            float best[kChannels] = {};
            ptrdiff_t at[kChannels] = {};
            for (int h = h0; h < h1; ++h) {
                for (int w = w0; w < w1; ++w) {
                    const ptrdiff_t pixel = (static_cast<ptrdiff_t>(h) * s.in_w + w) * s.channels + begin;
                    const bool first = h == h0 && w == w0;
                    for (int c = 0; c < end - begin; ++c) {
                        const float value = x[pixel + c];
                        const bool wins = value > best[c] || (value != value && best[c] == best[c]);
                        if (!first && !wins) continue;
                        best[c] = value;
                        at[c] = pixel + c;
                    }
                }
            }
            for (int c = 0; c < end - begin; ++c) dx[at[c]] += of_window[begin + c];
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

void max_pool2d_grad(const MaxPool2DSize& size, const float* x, const float* dy, float* dx, Executor& executor) {
    const ptrdiff_t image = static_cast<ptrdiff_t>(size.in_h) * size.in_w * size.channels;
    const ptrdiff_t out_image = static_cast<ptrdiff_t>(size.out_h()) * size.out_w() * size.channels;
    const int blocks = (size.channels + kChannels - 1) / kChannels;
    executor.run(size.batch * blocks, [&](int task) {
        const ptrdiff_t n = task / blocks;
        const int begin = task % blocks * kChannels;
        pool_grad(size, x + n * image, dy + n * out_image, dx + n * image, begin, std::min(size.channels, begin + kChannels));
    });
}

}  // namespace icconv
