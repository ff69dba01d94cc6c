// With the CUDA kernels, emulated, behind a plain convolution of each class, against the CPU's.
#include "cuda/emulation/cuda_test.h"
#include "ops/dilation_errors/dilation_errors_cuda.h"

namespace {

using namespace icconv;
using namespace icconv::test;

// The map of taps at distance a and b from the centre; of one group.
std::vector<float> class_map(const DilationErrorsParams& p, const std::vector<float>& x, const std::vector<float>& filter, int a, int b) {
    std::vector<float> y;
    const int reach = p.reach(), side = p.side();
    for (int n = 0; n < p.batch; ++n) {
        for (int pixel = 0; pixel < p.out_h() * p.out_w(); ++pixel) {
            for (int o = 0; o < p.out_c; ++o) {
                double sum = 0;
                for (int kh = 0; kh < side; ++kh) {
                    for (int kw = 0; kw < side; ++kw) {
                        const int row = pixel / p.out_w() * p.stride_h + kh - reach, column = pixel % p.out_w() * p.stride_w + kw - reach;
                        if (std::abs(kh - reach) != a || std::abs(kw - reach) != b || row < 0 || row >= p.in_h || column < 0 || column >= p.in_w) continue;
                        for (int c = 0; c < p.in_c; ++c) {
                            sum += static_cast<double>(x[static_cast<size_t>(((n * p.in_h + row) * p.in_w + column) * p.in_c + c)]) *
                                   static_cast<double>(filter[static_cast<size_t>(((kh * side + kw) * p.in_c + c) * p.out_c + o)]);
                        }
                    }
                }
                y.push_back(static_cast<float>(sum));
            }
        }
    }
    return y;
}

void check(const DilationErrorsParams& p) {
    Random random(31);
    SerialExecutor executor;
    const auto out = static_cast<size_t>(p.out_c), pixels = static_cast<size_t>(p.batch * p.out_h() * p.out_w());
    const auto dilations = static_cast<size_t>(p.dilations());
    const std::vector<float> x = random_floats(random, static_cast<size_t>(p.batch * p.in_h * p.in_w * p.in_c));
    const std::vector<float> filter = random_floats(random, static_cast<size_t>(p.side() * p.side() * p.in_c) * out);
    std::vector<float> y = unwritten(pixels * out), errors = unwritten(dilations * out), whole = unwritten(out), got_y = y, got_errors = errors, got_whole = whole;
    dilation_errors(p, x.data(), filter.data(), {y.data(), errors.data(), whole.data()}, executor);
    std::vector<std::vector<float>> maps;
    std::vector<const float*> classes;
    for (int a = 0; a <= p.reach(); ++a) {
        for (int b = 0; b <= p.reach(); ++b) maps.push_back(class_map(p, x, filter, a, b));
    }
    for (const std::vector<float>& map : maps) classes.push_back(map.data());
    ShimDevice device;
    dilation_errors_cuda(classes.data(), p.max_dilation, p.radius, static_cast<int64_t>(pixels), p.out_c,
                         {got_y.data(), got_errors.data(), got_whole.data()}, device);
    EXPECT(error_of(got_y, y) < 1e-5 && error_of(got_errors, errors) < 1e-5 && error_of(got_whole, whole) < 1e-5);
}

TEST(cuda_dilation_errors) { check({2, 9, 11, 3, 5, 1, 1, 2, 3, 1}); }
TEST(cuda_dilation_errors_of_wide_kernels) { check({1, 8, 7, 2, 40, 1, 1, 1, 2, 2}); }
TEST(cuda_dilation_errors_of_one) { check({1, 1, 1, 1, 1, 1, 1, 1, 1, 1}); }
// Several chunks of pixels.
TEST(cuda_dilation_errors_of_many_pixels) { check({1, 90, 80, 1, 33, 1, 1, 1, 2, 1}); }
TEST(cuda_race_dilation_errors) { check({1, 30, 20, 1, 33, 1, 1, 1, 2, 1}); }

}  // namespace
