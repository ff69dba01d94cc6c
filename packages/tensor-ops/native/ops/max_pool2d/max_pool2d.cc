#include "ops/max_pool2d/max_pool2d.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>

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

// Input rows of a task; windows across a border are looked at by both sides.
constexpr int kBand = 16;
// Channels at a time.
constexpr int kChannels = 64;

// The gradients of one window in its rows [from, to), for no more than kChannels channels. x, dy and dx begin at the first of them, at the window's
// first pixel on the map, of height x width; `pixel` floats from a pixel to the next, `row` from a row to the next.
void window_grad(const float* __restrict x, const float* __restrict dy, float* __restrict dx, int channels, int height, int width, ptrdiff_t pixel,
                 ptrdiff_t row, int from, int to) {
    float best[kChannels];
    int32_t at[kChannels];
    std::copy(x, x + channels, best);
    std::fill(at, at + channels, 0);
    for (int place = 1; place < height * width; ++place) {
        const float* const value = x + place / width * row + place % width * pixel;
        for (int c = 0; c < channels; ++c) {
            // Loaded whatever comes: a load under a condition is a branch.
            const float v = value[c], b = best[c];
            // A NaN wins unless there is one already.
            const int32_t beats = v <= b ? 0 : -1;
            const int32_t beatable = b == b ? -1 : 0;
            const int32_t wins = beats & beatable;
            best[c] = wins != 0 ? v : b;
            at[c] = (place & wins) | (at[c] & ~wins);
        }
    }
    for (int place = from * width; place < to * width; ++place) {
        float* const sum = dx + place / width * row + place % width * pixel;
        for (int c = 0; c < channels; ++c) {
            const float d = dy[c];
            sum[c] += at[c] == place ? d : 0.0f;
        }
    }
}

// Input rows [begin, end) of one image.
void pool_grad(const MaxPool2DSize& s, const float* x, const float* dy, float* dx, int begin, int end) {
    const ptrdiff_t row = static_cast<ptrdiff_t>(s.in_w) * s.channels;
    std::fill(dx + begin * row, dx + end * row, 0.0f);
    const int out_w = s.out_w();
    const int before = begin + s.pad_h - s.size_h;
    const int last = std::min(s.out_h() - 1, (end - 1 + s.pad_h) / s.stride_h);
    for (int oh = before < 0 ? 0 : before / s.stride_h + 1; oh <= last; ++oh) {
        const int top = oh * s.stride_h - s.pad_h;
        const int h0 = std::max(0, top), h1 = std::min(s.in_h, top + s.size_h);
        for (int ow = 0; ow < out_w; ++ow) {
            const int left = ow * s.stride_w - s.pad_w;
            const int w0 = std::max(0, left), w1 = std::min(s.in_w, left + s.size_w);
            const ptrdiff_t at = h0 * row + static_cast<ptrdiff_t>(w0) * s.channels;
            const float* const of_window = dy + (static_cast<ptrdiff_t>(oh) * out_w + ow) * s.channels;
            for (int c = 0; c < s.channels; c += kChannels) {
                window_grad(x + at + c, of_window + c, dx + at + c, std::min(kChannels, s.channels - c), h1 - h0, w1 - w0, s.channels, row,
                            std::max(0, begin - h0), std::min(end, h1) - h0);
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

void max_pool2d_grad(const MaxPool2DSize& size, const float* x, const float* dy, float* dx, Executor& executor) {
    const ptrdiff_t image = static_cast<ptrdiff_t>(size.in_h) * size.in_w * size.channels;
    const ptrdiff_t out_image = static_cast<ptrdiff_t>(size.out_h()) * size.out_w() * size.channels;
    const int bands = (size.in_h + kBand - 1) / kBand;
    executor.run(size.batch * bands, [&](int task) {
        const ptrdiff_t n = task / bands;
        const int begin = task % bands * kBand;
        pool_grad(size, x + n * image, dy + n * out_image, dx + n * image, begin, std::min(size.in_h, begin + kBand));
    });
}

}  // namespace icconv
