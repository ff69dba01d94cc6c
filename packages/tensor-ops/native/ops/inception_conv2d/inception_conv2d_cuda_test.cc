// The CUDA kernels, emulated, against those of the CPU.
#include "cuda/emulation/cuda_test.h"
#include "ops/inception_conv2d/inception_conv2d_cuda.h"

namespace {

using namespace icconv;
using namespace icconv::test;

// blocks: what the filter's gradient is told that the device has work for.
void check(InceptionConv2DSize size, int in_c, int kernel, int groups, const std::vector<int>& dilations, int blocks) {
    test::Random random(17);
    SerialExecutor executor;
    shim::ShimLauncher launcher;
    const int out_c = static_cast<int>(dilations.size()) / 2;
    const size_t in = static_cast<size_t>(size.batch) * size.in_height * size.in_width * in_c;
    const size_t out = static_cast<size_t>(size.batch) * size.out_height() * size.out_width() * out_c;
    const std::vector<float> x = random_floats(random, in);
    const std::vector<float> filter = random_floats(random, static_cast<size_t>(kernel) * kernel * (in_c / groups) * out_c);
    const std::vector<float> bias = random_floats(random, out_c), residual = random_floats(random, out), dy = random_floats(random, out);

    const InceptionConv2DPlan cpu(in_c, out_c, kernel, groups, dilations.data());
    const InceptionConv2DCudaPlan plan(out_c, groups, dilations.data());
    const std::vector<int32_t> tables(plan.tables().begin(), plan.tables().end());
    const InceptionConv2DCudaCall call{plan, tables.data(), size, in_c, kernel};

    std::vector<float> expected = unwritten(out), got = unwritten(out);
    inception_conv2d(cpu, size, x.data(), filter.data(), nullptr, nullptr, ConvActivation::kLinear, expected.data(), executor);
    inception_conv2d_cuda(call, x.data(), filter.data(), nullptr, nullptr, ConvActivation::kLinear, got.data(), launcher);
    EXPECT(error_of(got, expected) < 1e-5);

    for (size_t i = 0; i < out; ++i) expected[i] = std::fmax(0.0f, expected[i] + bias[i % out_c] + residual[i]);
    got = unwritten(out);
    inception_conv2d_cuda(call, x.data(), filter.data(), bias.data(), residual.data(), ConvActivation::kRelu, got.data(), launcher);
    EXPECT(error_of(got, expected) < 1e-5);

    expected = unwritten(in), got = unwritten(in);
    inception_conv2d_grad_input(cpu, size, dy.data(), filter.data(), expected.data(), executor);
    inception_conv2d_grad_input_cuda(call, dy.data(), filter.data(), got.data(), launcher);
    EXPECT(error_of(got, expected) < 1e-4);

    expected = unwritten(filter.size());
    inception_conv2d_grad_filter(cpu, size, x.data(), dy.data(), expected.data(), executor);
    const int splits = inception_conv2d_grad_filter_splits(call, blocks);
    EXPECT(blocks == 1 ? splits == 1 : splits > 1);
    std::vector<float> workspace = unwritten(inception_conv2d_grad_filter_workspace(call, splits));
    got = unwritten(filter.size());
    inception_conv2d_grad_filter_cuda(call, splits, x.data(), dy.data(), got.data(), workspace.data(), launcher);
    EXPECT(error_of(got, expected) < 1e-4);
}

std::vector<int> mixed_dilations(int channels, int most) {
    test::Random random(5);
    std::vector<int> dilations;
    for (int i = 0; i < 2 * channels; ++i) dilations.push_back(i % 3 == 0 ? 1 : 1 + random.below(most));
    return dilations;
}

TEST(cuda_inception_conv2d_mixed) { check({1, 9, 8, 1, 1}, 18, 3, 1, mixed_dilations(9, 3), 1); }

// More channels than a block has, more pixels too, and the filter's gradient cut into pieces.
TEST(cuda_inception_conv2d_tiles) { check({1, 19, 17, 1, 1}, 67, 1, 1, std::vector<int>(2 * 66, 1), 1000); }

TEST(cuda_inception_conv2d_strides) { check({2, 7, 10, 2, 3}, 5, 3, 1, {1, 4, 4, 1, 1, 1, 2, 2, 1, 4}, 1); }

TEST(cuda_inception_conv2d_groups) { check({1, 6, 5, 1, 1}, 6, 3, 3, {1, 1, 1, 2, 2, 1, 1, 1, 3, 3, 1, 1}, 1); }

// All taps but the centre lie outside; the products of offsets go beyond 32 bits.
TEST(cuda_inception_conv2d_far) { check({1, 4, 5, 2, 2}, 3, 7, 1, {1000000, 1000000, 1 << 28, 1 << 28}, 1); }

// Small enough for real threads, with more than one slab and more than one piece.
TEST(cuda_race_inception_conv2d) { check({1, 17, 16, 1, 1}, 17, 1, 1, {1, 1, 1, 1}, 1000); }

}  // namespace
