// The CUDA kernels on tensor cores, emulated, against those of the CPU: 1e-3 with TF32, 1e-2 with halves. That rounding is all that tells them
// apart shows on numbers which every kind holds exactly: there the kernels agree to the last bits of float32.
#include "cuda/emulation/cuda_test.h"
#include "cuda/emulation/mma_shim.cuh"
#include "ops/inception_conv2d/inception_conv2d_cuda.h"

namespace {

using namespace icconv;
using namespace icconv::test;

struct Kind {
    Precision precision;
    double tolerance;
};
const std::vector<Kind> kTf32 = {{Precision::kTf32, 1e-3}};
const std::vector<Kind> kAll = {{Precision::kTf32, 1e-3}, {Precision::kFloat16, 1e-2}, {Precision::kBfloat16, 1e-2}};

// Of those numbers that need `steps` a unit at most.
std::vector<float> stepped(std::vector<float> values, float steps) {
    for (float& v : values) v = std::nearbyint(v * steps) / steps;
    return values;
}

// Largest difference as a share of the largest number expected: with rounded multiplicands a sum may cancel, its error does not.
double share_of(const std::vector<float>& got, const std::vector<float>& expected) {
    double worst = 0, largest = 0;
    for (size_t i = 0; i < expected.size(); ++i) {
        const double error = std::abs(double(got[i]) - expected[i]);
        if (!(error <= worst)) worst = std::isnan(error) ? INFINITY : error;
        largest = std::fmax(largest, std::abs(expected[i]));
    }
    return got.size() == expected.size() ? worst / largest : INFINITY;
}

struct Shape {
    InceptionConv2DSize size;
    int in_c, kernel, groups;
    std::vector<int> dilations;
};

// blocks: what the filter's gradient is told that the device has work for. exact: numbers that need no rounding.
void check(const Shape& c, const std::vector<Kind>& kinds, int blocks, bool exact = false) {
    test::Random random(17);
    SerialExecutor executor;
    shim::ShimLauncher launcher;
    const int out_c = static_cast<int>(c.dilations.size()) / 2;
    const size_t in = static_cast<size_t>(c.size.batch) * c.size.in_height * c.size.in_width * c.in_c;
    const size_t out = static_cast<size_t>(c.size.batch) * c.size.out_height() * c.size.out_width() * out_c;
    const auto numbers = [&](size_t count) { return exact ? stepped(random_floats(random, count), 64) : random_floats(random, count); };
    const std::vector<float> x = numbers(in), filter = numbers(static_cast<size_t>(c.kernel) * c.kernel * (c.in_c / c.groups) * out_c);
    const std::vector<float> bias = random_floats(random, out_c), residual = random_floats(random, out), dy = numbers(out);

    const InceptionConv2DPlan cpu(c.in_c, out_c, c.kernel, c.groups, c.dilations.data());
    const InceptionConv2DCudaPlan plan(out_c, c.groups, c.dilations.data());
    const std::vector<int32_t> tables(plan.tables().begin(), plan.tables().end());
    std::vector<float> linear = unwritten(out), dx = unwritten(in), dfilter = unwritten(filter.size());
    inception_conv2d(cpu, c.size, x.data(), filter.data(), nullptr, nullptr, ConvActivation::kLinear, linear.data(), executor);
    inception_conv2d_grad_input(cpu, c.size, dy.data(), filter.data(), dx.data(), executor);
    inception_conv2d_grad_filter(cpu, c.size, x.data(), dy.data(), dfilter.data(), executor);
    std::vector<float> finished = linear;
    for (size_t i = 0; i < out; ++i) finished[i] = std::fmax(0.0f, finished[i] + bias[i % out_c] + residual[i]);

    for (const Kind& kind : kinds) {
        const double tolerance = exact ? 1e-5 : kind.tolerance;
        const InceptionConv2DCudaCall call{plan, tables.data(), c.size, c.in_c, c.kernel, kind.precision};
        std::vector<float> got = unwritten(out);
        inception_conv2d_cuda(call, x.data(), filter.data(), nullptr, nullptr, ConvActivation::kLinear, got.data(), launcher);
        EXPECT(share_of(got, linear) < tolerance);
        // Had they been float32's, they would be nearer.
        if (!exact) EXPECT(share_of(got, linear) > 1e-6);
        got = unwritten(out);
        inception_conv2d_cuda(call, x.data(), filter.data(), bias.data(), residual.data(), ConvActivation::kRelu, got.data(), launcher);
        EXPECT(share_of(got, finished) < tolerance);
        if (kind.precision != Precision::kTf32) continue;
        got = unwritten(in);
        inception_conv2d_grad_input_cuda(call, dy.data(), filter.data(), got.data(), launcher);
        EXPECT(share_of(got, dx) < tolerance);
        const int splits = inception_conv2d_grad_filter_splits(call, blocks);
        EXPECT(blocks == 1 ? splits == 1 : splits > 1);
        std::vector<float> workspace = unwritten(inception_conv2d_grad_filter_workspace(call, splits));
        got = unwritten(filter.size());
        inception_conv2d_grad_filter_cuda(call, splits, x.data(), dy.data(), got.data(), workspace.data(), launcher);
        EXPECT(share_of(got, dfilter) < tolerance);
    }
}

std::vector<int> mixed_dilations(int channels, int most) {
    test::Random random(5);
    std::vector<int> dilations;
    for (int i = 0; i < 2 * channels; ++i) dilations.push_back(i % 3 == 0 ? 1 : 1 + random.below(most));
    return dilations;
}

// Channels that make whole groups of four and more than one step of halves.
TEST(cuda_mma_inception_conv2d_mixed) { check({{1, 9, 8, 1, 1}, 36, 3, 1, mixed_dilations(9, 3)}, kAll, 1); }

// Channels that do not; all but the last bits.
TEST(cuda_mma_inception_conv2d_exact) {
    check({{1, 5, 7, 1, 1}, 19, 3, 1, mixed_dilations(9, 3)}, kAll, 1, true);
    check({{1, 12, 13, 1, 1}, 40, 1, 1, std::vector<int>(2 * 21, 1)}, kAll, 1, true);
}

// More channels than a block has, more pixels too, more input channels than the gradients' blocks, and the filter's gradient cut into pieces.
TEST(cuda_mma_inception_conv2d_tiles) { check({{1, 19, 17, 1, 1}, 67, 1, 1, std::vector<int>(2 * 66, 1)}, kAll, 1000); }

TEST(cuda_mma_inception_conv2d_strides) { check({{2, 7, 10, 2, 3}, 5, 3, 1, {1, 4, 4, 1, 1, 1, 2, 2, 1, 4}}, kTf32, 1); }

TEST(cuda_mma_inception_conv2d_groups) { check({{1, 6, 5, 1, 1}, 24, 3, 3, {1, 1, 1, 2, 2, 1, 1, 1, 3, 3, 1, 1}}, kAll, 1); }

// All taps but the centre lie outside; the products of offsets go beyond 32 bits.
TEST(cuda_mma_inception_conv2d_far) { check({{1, 4, 5, 2, 2}, 3, 7, 1, {1000000, 1000000, 1 << 28, 1 << 28}}, kTf32, 1); }

// Small enough for real threads, with more than one step and more than one piece.
TEST(cuda_race_mma_inception_conv2d) { check({{1, 17, 16, 1, 1}, 17, 1, 1, {1, 1, 1, 1}}, kTf32, 1000); }
TEST(cuda_race_mma_inception_conv2d_halves) {
    check({{1, 3, 4, 1, 1}, 68, 1, 1, {1, 1, 1, 1}}, {{Precision::kFloat16, 1e-2}, {Precision::kBfloat16, 1e-2}}, 1);
}

// The emulation's own numbers: ties, the ends of the ranges, what is not finite.
TEST(cuda_mma_roundings) {
    const auto tf32 = [](float v) { return shim::number_in(Tf32(), word_of(Tf32(), &v), 0); };
    EXPECT(tf32(1 + 0x1p-11f) == 1 + 0x1p-10f && tf32(-1 - 0x1p-11f) == -1 - 0x1p-10f && tf32(1 + 0x1p-12f) == 1 && std::isnan(tf32(NAN)));
    EXPECT(tf32(INFINITY) == INFINITY && tf32(0x1p-130f) == 0x1p-130f);
    const auto halves = [](auto kind, float a, float b, int i) {
        const float both[] = {a, b};
        return shim::number_in(kind, word_of(kind, both), i);
    };
    const auto float16 = [&](float v) {
        EXPECT(halves(Float16(), 3, v, 0) == 3);
        return halves(Float16(), 3, v, 1);
    };
    EXPECT(float16(1 + 0x1p-11f) == 1 && float16(1 + 3 * 0x1p-11f) == 1 + 0x1p-9f && float16(-2047.9f) == -2048 && float16(65519.0f) == 65504);
    EXPECT(float16(65520.0f) == INFINITY && float16(-INFINITY) == -INFINITY && std::isnan(float16(NAN)));
    EXPECT(float16(0x1p-24f) == 0x1p-24f && float16(0x1p-25f) == 0 && float16(0) == 0 && float16(3 * 0x1p-25f) == 0x1p-23f && float16(0x1p-14f) == 0x1p-14f);
    const auto bfloat16 = [&](float v) {
        EXPECT(halves(Bfloat16(), v, -3, 1) == -3);
        return halves(Bfloat16(), v, -3, 0);
    };
    EXPECT(bfloat16(1 + 0x1p-8f) == 1 && bfloat16(1 + 3 * 0x1p-8f) == 1 + 0x1p-6f && bfloat16(INFINITY) == INFINITY && std::isnan(bfloat16(NAN)));
}

}  // namespace
