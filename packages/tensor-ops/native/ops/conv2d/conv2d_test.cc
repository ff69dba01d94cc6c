// Against the formula in double precision, over random shapes, strides, paddings, dilations, kernels and groups.
#include "ops/conv2d/conv2d.h"

#include <algorithm>
#include <cstdlib>
#include <memory>

#include "common/bfloat16.h"
#include "common/memory.h"
#include "common/simd.h"
#include "common/test.h"
#include "common/thread_executor.h"

namespace {

using namespace icconv;

Array<float> random_floats(test::Random& random, size_t n) {
    Array<float> values(n);
    for (float& v : values) v = random.uniform(-1, 1);
    return values;
}

struct Free {
    void operator()(float* p) const { std::free(p); }
};
std::unique_ptr<float, Free> aligned(size_t floats) {
    return std::unique_ptr<float, Free>(static_cast<float*>(std::aligned_alloc(64, (floats * sizeof(float) + 63) / 64 * 64)));
}

struct Problem {
    Conv2DFilter filter;
    Conv2DSize size;
    Array<float> x, weights, bias, residual;
};

Problem make_problem(test::Random& random, Conv2DFilter filter, Conv2DSize size) {
    Problem p{filter, size, {}, {}, {}, {}};
    p.x = random_floats(random, static_cast<size_t>(size.batch) * size.in_h * size.in_w * filter.in_c);
    p.weights = random_floats(random, static_cast<size_t>(filter.kernel_h) * filter.kernel_w * filter.in_c / filter.groups * filter.out_c);
    p.bias = random_floats(random, filter.out_c);
    p.residual = random_floats(random, static_cast<size_t>(size.batch) * size.out_h(filter) * size.out_w(filter) * filter.out_c);
    return p;
}

// What a number counts as in products.
double rounded(float value, Precision precision) { return precision == Precision::kBfloat16 ? from_bfloat16(to_bfloat16(value)) : value; }

Array<double> by_definition(const Problem& p) {
    const Conv2DFilter& f = p.filter;
    const Conv2DSize& s = p.size;
    const int group_in = f.in_c / f.groups;
    const int group_out = f.out_c / f.groups;
    Array<double> y;
    for (int n = 0; n < s.batch; ++n) {
        for (int oh = 0; oh < s.out_h(f); ++oh) {
            for (int ow = 0; ow < s.out_w(f); ++ow) {
                for (int o = 0; o < f.out_c; ++o) {
                    double sum = 0;
                    for (int u = 0; u < f.kernel_h; ++u) {
                        const int ih = oh * s.stride_h - s.pad_h + u * s.dilation_h;
                        for (int v = 0; v < f.kernel_w; ++v) {
                            const int iw = ow * s.stride_w - s.pad_w + v * s.dilation_w;
                            if (ih < 0 || ih >= s.in_h || iw < 0 || iw >= s.in_w) continue;
                            const float* x = p.x.data() + ((static_cast<size_t>(n) * s.in_h + ih) * s.in_w + iw) * f.in_c + o / group_out * group_in;
                            const float* w = p.weights.data() + (static_cast<size_t>(u) * f.kernel_w + v) * group_in * f.out_c + o;
                            for (int i = 0; i < group_in; ++i) sum += rounded(x[i], f.precision) * rounded(w[static_cast<size_t>(i) * f.out_c], f.precision);
                        }
                    }
                    y.push_back(sum);
                }
            }
        }
    }
    return y;
}

constexpr double kDirectTolerance = 2e-6;
// Winograd's transforms cost about a decimal digit.
constexpr double kWinogradTolerance = 2e-5;

void check(const Problem& p, Conv2DAlgorithm algorithm, Executor& executor) {
    const size_t packed_size = conv2d_packed_size(p.filter, algorithm);
    const std::unique_ptr<float, Free> packed = aligned(packed_size);
    conv2d_pack(p.filter, algorithm, p.weights.data(), packed.get(), executor);
    Conv2DFilter read;
    EXPECT(conv2d_read_packed(packed.get(), packed_size, &read));
    EXPECT(read.kernel_h == p.filter.kernel_h && read.kernel_w == p.filter.kernel_w && read.in_c == p.filter.in_c);
    EXPECT(read.out_c == p.filter.out_c && read.groups == p.filter.groups && read.precision == p.filter.precision);
    const Array<double> sums = by_definition(p);
    const double tolerance = algorithm == Conv2DAlgorithm::kDirect ? kDirectTolerance : kWinogradTolerance;
    // Results start as NaN, so that whatever is not written shows.
    Array<float> got(sums.size(), NAN);
    conv2d(p.size, {p.x.data(), packed.get(), nullptr, nullptr}, false, got.data(), executor);
    EXPECT(test::error_of(got, sums) < tolerance);

    Array<double> expected = sums;
    for (size_t i = 0; i < sums.size(); ++i) expected[i] = sums[i] + p.bias[i % p.filter.out_c] + p.residual[i];
    std::fill(got.begin(), got.end(), NAN);
    conv2d(p.size, {p.x.data(), packed.get(), p.bias.data(), p.residual.data()}, false, got.data(), executor);
    EXPECT(test::error_of(got, expected) < tolerance);

    for (size_t i = 0; i < sums.size(); ++i) expected[i] = std::max(0.0, sums[i] + p.bias[i % p.filter.out_c]);
    std::fill(got.begin(), got.end(), NAN);
    conv2d(p.size, {p.x.data(), packed.get(), p.bias.data(), nullptr}, true, got.data(), executor);
    EXPECT(test::error_of(got, expected) < tolerance);
}

Problem random_problem(test::Random& random, Precision precision) {
    const int kernels[] = {1, 1, 3, 3, 5, 7, 2};
    const int kernel_h = kernels[random.below(7)];
    const int kernel_w = random.below(4) == 0 ? kernels[random.below(7)] : kernel_h;
    const int groups = random.below(4) == 0 ? 1 + random.below(8) : 1;
    const int in_c = groups * (1 + random.below(groups > 1 ? 9 : 40));
    const int out_c = groups * (1 + random.below(groups > 1 ? 20 : 70));
    Conv2DSize size{1 + random.below(3), 1 + random.below(20), 1 + random.below(28)};
    size.stride_h = 1 + random.below(2);
    size.stride_w = random.below(4) == 0 ? 1 + random.below(3) : size.stride_h;
    size.pad_h = random.below(3) == 0 ? random.below(4) : (kernel_h - 1) / 2;
    size.pad_w = random.below(3) == 0 ? random.below(4) : (kernel_w - 1) / 2;
    size.dilation_h = random.below(4) == 0 ? 1 + random.below(3) : 1;
    size.dilation_w = random.below(4) == 0 ? 1 + random.below(3) : 1;
    return make_problem(random, {kernel_h, kernel_w, in_c, out_c, groups, precision}, size);
}

TEST(conv2d_random) {
    test::Random random(21);
    ThreadExecutor two(2);
    SerialExecutor one;
    for (int i = 0; i < 80; ++i) {
        const Problem p = random_problem(random, Precision::kFloat32);
        check(p, random.below(2) ? Conv2DAlgorithm::kDirect : Conv2DAlgorithm::kAuto, i % 2 ? static_cast<Executor&>(one) : two);
    }
}

TEST(conv2d_winograd_random) {
    test::Random random(22);
    ThreadExecutor two(2);
    for (int i = 0; i < 25; ++i) {
        Conv2DSize size{1 + random.below(3), 1 + random.below(20), 1 + random.below(28)};
        size.pad_h = size.in_h < 3 ? 1 : random.below(4);
        size.pad_w = size.in_w < 3 ? 1 : random.below(4);
        check(make_problem(random, {3, 3, 1 + random.below(50), 1 + random.below(70), 1}, size), Conv2DAlgorithm::kWinograd, two);
    }
}

// Sums of products of bfloat16 are exact but for their own rounding to float32.
TEST(conv2d_bfloat16_random) {
    if (!conv2d_has_bfloat16()) return;
    test::Random random(25);
    ThreadExecutor two(2);
    SerialExecutor one;
    for (int i = 0; i < 80; ++i) {
        check(random_problem(random, Precision::kBfloat16), Conv2DAlgorithm::kDirect, i % 2 ? static_cast<Executor&>(one) : two);
    }
    const Conv2DFilter odd{1, 1, 1501, 37, 1, Precision::kBfloat16};
    check(make_problem(random, odd, {1, 23, 29}), Conv2DAlgorithm::kDirect, two);
    const Conv2DFilter wide{3, 3, 301, 600, 1, Precision::kBfloat16};
    check(make_problem(random, wide, {1, 7, 7, 1, 1, 1, 1}), Conv2DAlgorithm::kDirect, one);
    // More weights, and more inputs, than the caches hold at a time.
    const Conv2DFilter deep{1, 1, 2100, 300, 1, Precision::kBfloat16};
    check(make_problem(random, deep, {1, 19, 23}), Conv2DAlgorithm::kDirect, two);
}

// Whole tiles of every tap, which AMX loads from planes: strides, dilations, images, groups, and rows that are cut among tasks.
TEST(conv2d_bfloat16_planes_random) {
    if (!conv2d_has_bfloat16()) return;
    test::Random random(27);
    ThreadExecutor two(2);
    SerialExecutor one;
    for (int i = 0; i < 40; ++i) {
        Conv2DFilter filter{1 + random.below(4), 2 + random.below(3), 32 * (1 + random.below(3)), 1 + random.below(70), 1, Precision::kBfloat16};
        if (random.below(5) == 0) {
            filter.groups = 1 + random.below(3);
            filter.in_c *= filter.groups;
            filter.out_c = filter.groups * (1 + random.below(40));
        }
        Conv2DSize size{1 + random.below(3), 4 + random.below(20), 4 + random.below(28)};
        size.stride_h = 1 + random.below(3);
        size.stride_w = 1 + random.below(3);
        size.pad_h = random.below(4);
        size.pad_w = random.below(4);
        size.dilation_h = 1 + random.below(3);
        size.dilation_w = 1 + random.below(3);
        if (size.out_h(filter) < 1 || size.out_w(filter) < 1) continue;
        check(make_problem(random, filter, size), Conv2DAlgorithm::kDirect, i % 2 ? static_cast<Executor&>(one) : two);
    }
    const Conv2DFilter wide{3, 3, 128, 40, 1, Precision::kBfloat16};
    check(make_problem(random, wide, {1, 90, 70, 1, 1, 1, 1}), Conv2DAlgorithm::kDirect, one);
}

// Tiles of AMX multiply faster than Winograd's products save.
TEST(conv2d_bfloat16_leaves_winograd_to_float32_but_with_amx) {
    if (!conv2d_has_bfloat16()) return;
    test::Random random(26);
    SerialExecutor one;
    const Conv2DFilter half{3, 3, 32, 32, 1, Precision::kBfloat16};
    Conv2DFilter single = half;
    single.precision = Precision::kFloat32;
    const Problem p = make_problem(random, half, {1, 16, 16, 1, 1, 1, 1});
    const auto result = [&](const Conv2DFilter& filter, Conv2DAlgorithm algorithm) {
        const std::unique_ptr<float, Free> packed = aligned(conv2d_packed_size(filter, algorithm));
        conv2d_pack(filter, algorithm, p.weights.data(), packed.get(), one);
        Array<float> y(16 * 16 * 32, NAN);
        conv2d(p.size, {p.x.data(), packed.get(), nullptr, nullptr}, false, y.data(), one);
        return y;
    };
    const Array<float> chosen = result(half, Conv2DAlgorithm::kAuto);
    const bool amx = simd_level() == SimdLevel::kAmx;
    EXPECT((chosen == result(single, Conv2DAlgorithm::kWinograd)) == !amx);
    EXPECT((chosen == result(half, Conv2DAlgorithm::kDirect)) == amx);
}

TEST(bfloat16_rounds_to_the_nearest_even) {
    EXPECT(from_bfloat16(to_bfloat16(1.0f)) == 1.0f);
    // One and one step, half a step, a step and a half.
    EXPECT(from_bfloat16(to_bfloat16(1.0f + 1.0f / 128)) == 1.0f + 1.0f / 128);
    EXPECT(from_bfloat16(to_bfloat16(1.0f + 1.0f / 256)) == 1.0f);
    EXPECT(from_bfloat16(to_bfloat16(1.0f + 3.0f / 256)) == 1.0f + 2.0f / 128);
    EXPECT(from_bfloat16(to_bfloat16(-3.4e38f)) == -INFINITY);
    EXPECT(from_bfloat16(to_bfloat16(INFINITY)) == INFINITY);
    EXPECT(std::isnan(from_bfloat16(to_bfloat16(NAN))));
}

// Large enough for several steps of the reduction, pieces of the map and pieces of the channels.
TEST(conv2d_large) {
    test::Random random(23);
    ThreadExecutor two(2);
    SerialExecutor one;
    Conv2DSize size{1, 23, 29};
    check(make_problem(random, {1, 1, 700, 48, 1}, size), Conv2DAlgorithm::kAuto, two);
    check(make_problem(random, {1, 1, 64, 600, 1}, size), Conv2DAlgorithm::kAuto, one);
    check(make_problem(random, {1, 1, 1100, 37, 1}, {30, 1, 1}), Conv2DAlgorithm::kAuto, two);
    size.pad_h = size.pad_w = 1;
    check(make_problem(random, {3, 3, 72, 69, 1}, size), Conv2DAlgorithm::kAuto, two);
    check(make_problem(random, {3, 3, 400, 40, 1}, {1, 9, 10, 1, 1, 1, 1}), Conv2DAlgorithm::kWinograd, two);
    check(make_problem(random, {3, 3, 128, 128, 32}, size), Conv2DAlgorithm::kAuto, two);
    size.stride_h = size.stride_w = 2;
    check(make_problem(random, {3, 3, 72, 69, 1}, size), Conv2DAlgorithm::kAuto, two);
    size.pad_h = size.pad_w = 3;
    check(make_problem(random, {7, 7, 3, 64, 1}, size), Conv2DAlgorithm::kDirect, one);
}

// Results so large that they are stored past the caches.
TEST(conv2d_streams) {
    test::Random random(24);
    ThreadExecutor two(2);
    for (const Precision precision : {Precision::kFloat32, Precision::kBfloat16}) {
        if (precision == Precision::kBfloat16 && !conv2d_has_bfloat16()) return;
        const Conv2DFilter filter{1, 1, 2, 16, 1, precision};
        const Problem p = make_problem(random, filter, {1, 600, 500});
        const Array<double> sums = by_definition(p);
        const std::unique_ptr<float, Free> packed = aligned(conv2d_packed_size(filter, Conv2DAlgorithm::kAuto));
        conv2d_pack(filter, Conv2DAlgorithm::kAuto, p.weights.data(), packed.get(), two);
        // At a multiple of 64 bytes, and not.
        const std::unique_ptr<float, Free> y = aligned(sums.size() + 16);
        for (int offset = 0; offset < 2; ++offset) {
            conv2d(p.size, {p.x.data(), packed.get(), nullptr, nullptr}, false, y.get() + offset, two);
            EXPECT(test::error_of(Array<float>(y.get() + offset, y.get() + offset + sums.size()), sums) < kDirectTolerance);
        }
    }
}

TEST(conv2d_keeps_nan_and_infinity) {
    SerialExecutor one;
    const Conv2DFilter filter{1, 1, 1, 3, 1};
    const float weights[] = {1, -1, 0.5f};
    const std::unique_ptr<float, Free> packed = aligned(conv2d_packed_size(filter, Conv2DAlgorithm::kAuto));
    conv2d_pack(filter, Conv2DAlgorithm::kAuto, weights, packed.get(), one);
    const float x[] = {NAN, INFINITY};
    float y[6];
    conv2d({1, 1, 2}, {x, packed.get(), nullptr, nullptr}, true, y, one);
    EXPECT(std::isnan(y[0]) && std::isnan(y[1]) && std::isnan(y[2]));
    EXPECT(y[3] == INFINITY && y[4] == 0 && y[5] == INFINITY);
}

TEST(conv2d_refuses_what_it_has_not_packed) {
    SerialExecutor one;
    const Conv2DFilter filter{3, 3, 4, 5, 1};
    const size_t size = conv2d_packed_size(filter, Conv2DAlgorithm::kAuto);
    const std::unique_ptr<float, Free> packed = aligned(size);
    const Array<float> weights(9 * 4 * 5, 1.0f);
    conv2d_pack(filter, Conv2DAlgorithm::kAuto, weights.data(), packed.get(), one);
    Conv2DFilter read;
    EXPECT(!conv2d_read_packed(packed.get(), size - 1, &read));
    EXPECT(!conv2d_read_packed(packed.get(), 3, &read));
    EXPECT(!conv2d_read_packed(weights.data(), weights.size(), &read));
    packed.get()[7] = 3;
    EXPECT(!conv2d_read_packed(packed.get(), size, &read));
    packed.get()[7] = 2;
    EXPECT(!conv2d_read_packed(packed.get(), size, &read));
    packed.get()[7] = 1;
    packed.get()[3] = 5;
    EXPECT(!conv2d_read_packed(packed.get(), size, &read));
}

}  // namespace
