// Forward and gradients against the definition in double precision, over random shapes, strides, paddings and kernels.
#include "ops/conv2d_training/conv2d_training.h"

#include <algorithm>
#include <cmath>

#include "common/memory.h"
#include "common/test.h"
#include "common/thread_executor.h"

namespace {

using namespace icconv;

Array<float> random_floats(test::Random& random, size_t n) {
    Array<float> values(n);
    for (float& v : values) v = random.uniform(-1, 1);
    return values;
}

// Calls see(x index, filter index, y index) for every product of the definition.
template <class See>
void each_product(const Conv2DSize& s, const Conv2DFilter& f, See see) {
    const int out_h = s.out_h(f), out_w = s.out_w(f);
    for (int n = 0; n < s.batch; ++n) {
        for (int oh = 0; oh < out_h; ++oh) {
            for (int ow = 0; ow < out_w; ++ow) {
                for (int u = 0; u < f.kernel_h; ++u) {
                    for (int v = 0; v < f.kernel_w; ++v) {
                        const int ih = oh * s.stride_h - s.pad_h + u, iw = ow * s.stride_w - s.pad_w + v;
                        if (ih < 0 || ih >= s.in_h || iw < 0 || iw >= s.in_w) continue;
                        for (int c = 0; c < f.in_c; ++c) {
                            const size_t x = ((static_cast<size_t>(n) * s.in_h + ih) * s.in_w + iw) * f.in_c + c;
                            for (int o = 0; o < f.out_c; ++o) {
                                see(x, ((static_cast<size_t>(u) * f.kernel_w + v) * f.in_c + c) * f.out_c + o,
                                    ((static_cast<size_t>(n) * out_h + oh) * out_w + ow) * f.out_c + o);
                            }
                        }
                    }
                }
            }
        }
    }
}

// Winograd's rounding, by which all of them are bounded.
constexpr double kTolerance = 3e-5;

void check(test::Random& random, const Conv2DSize& s, const Conv2DFilter& f, Executor& executor) {
    const Array<float> x = random_floats(random, static_cast<size_t>(s.batch) * s.in_h * s.in_w * f.in_c);
    const Array<float> filter = random_floats(random, static_cast<size_t>(f.kernel_h) * f.kernel_w * f.in_c * f.out_c);
    const Array<float> dy = random_floats(random, static_cast<size_t>(s.batch) * s.out_h(f) * s.out_w(f) * f.out_c);
    const Array<float> bias = random_floats(random, f.out_c);
    Array<double> y(dy.size()), dx(x.size()), dfilter(filter.size());
    each_product(s, f, [&](size_t a, size_t b, size_t c) {
        y[c] += static_cast<double>(x[a]) * filter[b];
        dx[a] += static_cast<double>(dy[c]) * filter[b];
        dfilter[b] += static_cast<double>(dy[c]) * x[a];
    });
    // Results start as NaN, so that whatever is not written shows.
    Array<float> got(y.size(), NAN);
    conv2d_forward(s, f, x.data(), filter.data(), nullptr, false, got.data(), executor);
    EXPECT(test::error_of(got, y) < kTolerance);
    for (size_t i = 0; i < y.size(); ++i) y[i] = std::max(0.0, y[i] + bias[i % f.out_c]);
    std::fill(got.begin(), got.end(), NAN);
    conv2d_forward(s, f, x.data(), filter.data(), bias.data(), true, got.data(), executor);
    EXPECT(test::error_of(got, y) < kTolerance);
    if (conv2d_has_grad_input(s, f)) {
        got.assign(x.size(), NAN);
        conv2d_grad_input(s, f, dy.data(), filter.data(), got.data(), executor);
        EXPECT(test::error_of(got, dx) < kTolerance);
    }
    got.assign(filter.size(), NAN);
    conv2d_grad_filter(s, f, x.data(), dy.data(), got.data(), executor);
    EXPECT(test::error_of(got, dfilter) < kTolerance);
    // Sums are added up in one order.
    Array<float> again(filter.size());
    conv2d_grad_filter(s, f, x.data(), dy.data(), again.data(), executor);
    EXPECT(std::equal(got.begin(), got.end(), again.begin()));
}

TEST(conv2d_training_random) {
    test::Random random(71);
    ThreadExecutor two(2);
    SerialExecutor one;
    for (int i = 0; i < 60; ++i) {
        const int kernels[] = {1, 1, 3, 3, 5, 7, 2};
        const Conv2DFilter filter{kernels[random.below(7)], kernels[random.below(7)], 1 + random.below(40), 1 + random.below(50), 1};
        Conv2DSize size{1 + random.below(3), filter.kernel_h + random.below(20), filter.kernel_w + random.below(20)};
        size.stride_h = 1 + random.below(3);
        size.stride_w = random.below(3) == 0 ? 1 + random.below(3) : size.stride_h;
        size.pad_h = random.below(filter.kernel_h + (i % 5 == 0 ? 2 : 0));
        size.pad_w = random.below(filter.kernel_w);
        check(random, size, filter, i % 2 ? static_cast<Executor&>(one) : two);
    }
}

// 3x3 filters of stride 1, by Winograd; maps whose sides are no multiples of a tile's.
TEST(conv2d_training_winograd) {
    test::Random random(72);
    ThreadExecutor two(2);
    for (int i = 0; i < 8; ++i) {
        Conv2DSize size{1 + random.below(2), 24 + random.below(20), 24 + random.below(20)};
        size.pad_h = random.below(3);
        size.pad_w = random.below(3);
        check(random, size, {3, 3, 16 + random.below(30), 16 + random.below(40), 1}, two);
    }
}

// Several pieces of the reduction, of the channels and of the pixels.
TEST(conv2d_training_large) {
    test::Random random(73);
    ThreadExecutor two(2);
    check(random, {1, 6, 7}, {1, 1, 1100, 530, 1}, two);
    check(random, {1, 64, 66}, {1, 1, 20, 36, 1}, two);
    check(random, {2, 40, 41, 2, 2, 3, 3}, {7, 7, 3, 24, 1}, two);
}

}  // namespace
