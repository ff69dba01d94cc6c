#include "ops/max_pool2d/max_pool2d.h"

#include <cmath>
#include <vector>

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
        std::vector<float> x(static_cast<size_t>(s.batch) * s.in_h * s.in_w * s.channels);
        for (float& v : x) v = random.uniform(-1, 1);
        std::vector<float> y(static_cast<size_t>(s.batch) * s.out_h() * s.out_w() * s.channels);
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
