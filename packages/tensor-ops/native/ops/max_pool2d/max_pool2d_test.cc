#include "ops/max_pool2d/max_pool2d.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <iterator>

#include "common/memory.h"
#include "common/test.h"
#include "common/thread_executor.h"

using namespace icconv;

TEST(max_pool2d_takes_the_largest_of_each_window) {
    test::Random random(11);
    ThreadExecutor executor(2);
    for (int round = 0; round < 200; ++round) {
        MaxPool2DSize s{};
        s.batch = 1 + random.below(2);
        s.in_h = 1 + random.below(12);
        s.in_w = 1 + random.below(12);
        s.channels = 1 + random.below(20);
        s.size_h = 1 + random.below(3);
        s.size_w = 1 + random.below(3);
        s.stride_h = 1 + random.below(3);
        s.stride_w = 1 + random.below(3);
        s.pad_h = random.below(s.size_h);
        s.pad_w = random.below(s.size_w);
        if (s.out_h() < 1 || s.out_w() < 1) continue;
        Array<float> x(static_cast<size_t>(s.batch) * s.in_h * s.in_w * s.channels);
        for (float& v : x) v = random.uniform(-1, 1);
        Array<float> y(static_cast<size_t>(s.batch) * s.out_h() * s.out_w() * s.channels);
        max_pool2d(s, x.data(), y.data(), executor);
        size_t at = 0;
        for (int n = 0; n < s.batch; ++n) {
            for (int oh = 0; oh < s.out_h(); ++oh) {
                for (int ow = 0; ow < s.out_w(); ++ow) {
                    for (int c = 0; c < s.channels; ++c, ++at) {
                        float most = -INFINITY;
                        for (int u = 0; u < s.size_h; ++u) {
                            for (int v = 0; v < s.size_w; ++v) {
                                const int h = oh * s.stride_h - s.pad_h + u, w = ow * s.stride_w - s.pad_w + v;
                                if (h < 0 || h >= s.in_h || w < 0 || w >= s.in_w) continue;
                                most = std::fmax(most, x[((static_cast<size_t>(n) * s.in_h + h) * s.in_w + w) * s.channels + c]);
                            }
                        }
                        EXPECT(y[at] == most);
                    }
                }
            }
        }
    }
}

TEST(max_pool2d_keeps_nan_and_infinity) {
    SerialExecutor executor;
    const float nan = std::nanf("");
    // 20 channels, so that vectors and their rests take part; one row of four windows of two pixels.
    constexpr int kChannels = 20;
    const float pairs[4][2] = {{nan, 1}, {1, nan}, {-INFINITY, -INFINITY}, {INFINITY, 1}};
    Array<float> x, y(4 * kChannels), dx(8 * kChannels);
    for (const auto& pair : pairs) {
        for (float value : pair) x.insert(x.end(), kChannels, value);
    }
    const MaxPool2DSize size{1, 1, 8, kChannels, 1, 2, 1, 2, 0, 0};
    max_pool2d(size, x.data(), y.data(), executor);
    const Array<float> dy(4 * kChannels, 1.0f);
    max_pool2d_grad(size, x.data(), dy.data(), dx.data(), executor);
    const int winners[] = {0, 3, 4, 6};
    for (int c = 0; c < kChannels; ++c) {
        EXPECT(std::isnan(y[c]) && std::isnan(y[kChannels + c]));
        EXPECT(y[2 * kChannels + c] == -INFINITY && y[3 * kChannels + c] == INFINITY);
        for (int pixel = 0; pixel < 8; ++pixel) {
            const bool wins = std::find(std::begin(winners), std::end(winners), pixel) != std::end(winners);
            EXPECT(dx[pixel * kChannels + c] == (wins ? 1.0f : 0.0f));
        }
    }
}

TEST(max_pool2d_grad_goes_to_the_first_pixel_of_each_maximum) {
    test::Random random(12);
    ThreadExecutor executor(2);
    for (int round = 0; round < 100; ++round) {
        MaxPool2DSize s{1 + random.below(2), 1 + random.below(9), 1 + random.below(9), 1 + random.below(40), 1 + random.below(3), 1 + random.below(3),
                        1 + random.below(3), 1 + random.below(3), 0, 0};
        s.pad_h = random.below(s.size_h);
        s.pad_w = random.below(s.size_w);
        if (s.out_h() < 1 || s.out_w() < 1) continue;
        Array<float> x(static_cast<size_t>(s.batch) * s.in_h * s.in_w * s.channels);
        // Few values, so that there are ties.
        for (float& v : x) v = static_cast<float>(random.below(4));
        Array<float> dy(static_cast<size_t>(s.batch) * s.out_h() * s.out_w() * s.channels), expected(x.size(), 0.0f), dx(x.size());
        for (float& v : dy) v = static_cast<float>(random.below(9));
        size_t at = 0;
        for (int n = 0; n < s.batch; ++n) {
            for (int oh = 0; oh < s.out_h(); ++oh) {
                for (int ow = 0; ow < s.out_w(); ++ow) {
                    for (int c = 0; c < s.channels; ++c, ++at) {
                        size_t winner = SIZE_MAX;
                        for (int u = 0; u < s.size_h; ++u) {
                            for (int v = 0; v < s.size_w; ++v) {
                                const int h = oh * s.stride_h - s.pad_h + u, w = ow * s.stride_w - s.pad_w + v;
                                if (h < 0 || h >= s.in_h || w < 0 || w >= s.in_w) continue;
                                const size_t pixel = ((static_cast<size_t>(n) * s.in_h + h) * s.in_w + w) * s.channels + c;
                                if (winner == SIZE_MAX || x[pixel] > x[winner]) winner = pixel;
                            }
                        }
                        expected[winner] += dy[at];
                    }
                }
            }
        }
        max_pool2d_grad(s, x.data(), dy.data(), dx.data(), executor);
        EXPECT(dx == expected);
    }
}
