// The CUDA kernel, emulated, against its definition.
#include "cuda/emulation/cuda_test.h"
#include "ops/conv_finish/conv_finish_cuda.h"

namespace {

using namespace icconv;
using namespace icconv::test;

void check(int64_t pixels, int channels, bool with_bias, bool with_residual, bool relu) {
    Random random(37);
    shim::ShimLauncher launcher;
    const auto count = static_cast<size_t>(pixels * channels);
    std::vector<float> x = random_floats(random, count);
    const std::vector<float> bias = random_floats(random, static_cast<size_t>(channels)), residual = random_floats(random, count);
    x[0] = NAN;
    std::vector<float> expected, got = unwritten(count);
    for (size_t i = 0; i < count; ++i) {
        const float sum = x[i] + (with_bias ? bias[i % bias.size()] : 0.0f) + (with_residual ? residual[i] : 0.0f);
        expected.push_back(relu && sum < 0 ? 0.0f : sum);
    }
    conv_finish_cuda(pixels, channels, x.data(), with_bias ? bias.data() : nullptr, with_residual ? residual.data() : nullptr, relu, got.data(), launcher);
    EXPECT(std::isnan(got[0]));
    got[0] = expected[0] = 0;
    EXPECT(error_of(got, expected) < 1e-6);
}

TEST(cuda_conv_finish_all) { check(50, 70, true, true, true); }
TEST(cuda_conv_finish_bias) { check(31, 3, true, false, false); }
TEST(cuda_conv_finish_residual) { check(5000, 1, false, true, true); }
TEST(cuda_race_conv_finish) { check(9, 33, true, true, true); }

}  // namespace
