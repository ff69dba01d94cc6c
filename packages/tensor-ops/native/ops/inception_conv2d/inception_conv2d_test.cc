// Against the formula in double precision, over random shapes, patterns, strides, kernels and groups.
#include "ops/inception_conv2d/inception_conv2d.h"

#include <algorithm>
#include <cstdint>
#include <memory>

#include "common/bfloat16.h"
#include "common/memory.h"
#include "common/test.h"
#include "common/thread_executor.h"
#include "ops/conv2d/conv2d.h"

namespace {

using namespace icconv;

struct Problem {
    InceptionConv2DSize size;
    int in_c, out_c, kernel, groups;
    Array<int> dilations;
    Array<float> x, filter, bias, dy;

    int out_h() const { return size.out_height(); }
    int out_w() const { return size.out_width(); }
};

Array<float> random_floats(test::Random& random, size_t n) {
    Array<float> values(n);
    for (float& v : values) v = random.uniform(-1, 1);
    return values;
}

Problem make_problem(test::Random& random, InceptionConv2DSize size, int in_c, int out_c, int kernel, int groups,
                     Array<int> dilations) {
    Problem p{size, in_c, out_c, kernel, groups, std::move(dilations), {}, {}, {}, {}};
    p.x = random_floats(random, static_cast<size_t>(size.batch) * size.in_height * size.in_width * in_c);
    p.filter = random_floats(random, static_cast<size_t>(kernel) * kernel * (in_c / groups) * out_c);
    p.bias = random_floats(random, out_c);
    p.dy = random_floats(random, static_cast<size_t>(size.batch) * p.out_h() * p.out_w() * out_c);
    return p;
}

// Calls visit(x index, filter index, y index) for every product of the convolution.
template <class Visit>
void for_products(const Problem& p, Visit visit) {
    const int radius = (p.kernel - 1) / 2;
    const int group_in = p.in_c / p.groups;
    const int group_out = p.out_c / p.groups;
    for (int n = 0; n < p.size.batch; ++n) {
        for (int oh = 0; oh < p.out_h(); ++oh) {
            for (int ow = 0; ow < p.out_w(); ++ow) {
                for (int o = 0; o < p.out_c; ++o) {
                    for (int u = 0; u < p.kernel; ++u) {
                        const long ih = static_cast<long>(oh) * p.size.stride_height + static_cast<long>(u - radius) * p.dilations[2 * o];
                        for (int v = 0; v < p.kernel; ++v) {
                            const long iw = static_cast<long>(ow) * p.size.stride_width + static_cast<long>(v - radius) * p.dilations[2 * o + 1];
                            if (ih < 0 || ih >= p.size.in_height || iw < 0 || iw >= p.size.in_width) continue;
                            for (int i = 0; i < group_in; ++i) {
                                visit(((static_cast<size_t>(n) * p.size.in_height + ih) * p.size.in_width + iw) * p.in_c +
                                          static_cast<size_t>(o / group_out) * group_in + i,
                                      ((static_cast<size_t>(u) * p.kernel + v) * group_in + i) * p.out_c + o,
                                      ((static_cast<size_t>(n) * p.out_h() + oh) * p.out_w() + ow) * p.out_c + o);
                            }
                        }
                    }
                }
            }
        }
    }
}

struct Free {
    void operator()(float* p) const { std::free(p); }
};
std::unique_ptr<float, Free> aligned(size_t floats) {
    return std::unique_ptr<float, Free>(static_cast<float*>(std::aligned_alloc(64, (floats * sizeof(float) + 63) / 64 * 64 + 64)));
}

void check(const Problem& p, Executor& executor) {
    const InceptionConv2DPlan plan(p.in_c, p.out_c, p.kernel, p.groups, p.dilations.data());
    Array<double> y(p.dy.size(), 0.0), dx(p.x.size(), 0.0), dfilter(p.filter.size(), 0.0);
    for_products(p, [&](size_t i, size_t f, size_t o) {
        y[o] += static_cast<double>(p.x[i]) * p.filter[f];
        dx[i] += static_cast<double>(p.dy[o]) * p.filter[f];
        dfilter[f] += static_cast<double>(p.dy[o]) * p.x[i];
    });

    // Results start as NaN, so that whatever is not written shows.
    Array<float> got(p.dy.size(), NAN);
    inception_conv2d(plan, p.size, p.x.data(), p.filter.data(), nullptr, nullptr, ConvActivation::kLinear, got.data(), executor);
    EXPECT(test::error_of(got, y) < 2e-6);

    const std::unique_ptr<float, Free> packed = aligned(plan.packed_size());
    plan.pack(p.filter.data(), packed.get(), executor);
    Array<double> fused = y;
    for (size_t i = 0; i < fused.size(); ++i) fused[i] = std::max(0.0, fused[i] + p.bias[i % p.out_c]);
    std::fill(got.begin(), got.end(), NAN);
    inception_conv2d(plan, p.size, p.x.data(), nullptr, packed.get(), p.bias.data(), ConvActivation::kRelu, got.data(), executor);
    // Winograd's transforms cost digits.
    EXPECT(test::error_of(got, fused) < 2e-5);

    got.assign(p.x.size(), NAN);
    inception_conv2d_grad_input(plan, p.size, p.dy.data(), p.filter.data(), got.data(), executor);
    EXPECT(test::error_of(got, dx) < 2e-6);

    got.assign(p.filter.size(), NAN);
    inception_conv2d_grad_filter(plan, p.size, p.x.data(), p.dy.data(), got.data(), executor);
    EXPECT(test::error_of(got, dfilter) < 5e-6);
}

// Channels by dilation as in the published patterns: many (1, 1), the rest anywhere; sorted or shuffled.
Array<int> random_dilations(test::Random& random, int out_c, int most) {
    Array<std::pair<int, int>> pairs(out_c);
    const int ones = random.below(out_c + 1);
    for (int o = 0; o < out_c; ++o) pairs[o] = o < ones ? std::make_pair(1, 1) : std::make_pair(1 + random.below(most), 1 + random.below(most));
    if (random.below(3) != 0) {
        std::sort(pairs.begin(), pairs.end());
    } else {
        for (int o = out_c - 1; o > 0; --o) std::swap(pairs[o], pairs[random.below(o + 1)]);
    }
    Array<int> dilations;
    for (const auto& pair : pairs) {
        dilations.push_back(pair.first);
        dilations.push_back(pair.second);
    }
    return dilations;
}

TEST(inception_conv2d_random) {
    test::Random random(7);
    ThreadExecutor two(2);
    SerialExecutor one;
    for (int i = 0; i < 60; ++i) {
        const int kernels[] = {1, 3, 3, 3, 5, 7};
        const int kernel = kernels[random.below(6)];
        const int groups = random.below(4) == 0 ? 1 + random.below(4) : 1;
        const int in_c = groups * (1 + random.below(groups > 1 ? 9 : 40));
        const int out_c = groups * (1 + random.below(groups > 1 ? 9 : 50));
        const int stride_h = 1 + random.below(2);
        const int stride_w = random.below(4) == 0 ? 1 + random.below(3) : stride_h;
        const InceptionConv2DSize size = {1 + random.below(3), 1 + random.below(20), 1 + random.below(28), stride_h, stride_w};
        check(make_problem(random, size, in_c, out_c, kernel, groups, random_dilations(random, out_c, 1 + random.below(7))),
              i % 2 ? static_cast<Executor&>(one) : two);
    }
}

// Sums of products of bfloat16 are exact but for their own rounding to float32.
void check_tiles(Problem p, Executor& executor) {
    for (float& v : p.x) v = from_bfloat16(to_bfloat16(v));
    for (float& v : p.filter) v = from_bfloat16(to_bfloat16(v));
    const InceptionConv2DPlan plan(p.in_c, p.out_c, p.kernel, p.groups, p.dilations.data());
    EXPECT(plan.has_bfloat16() && plan.packed_size(Precision::kBfloat16) != plan.packed_size());
    Array<double> y(p.dy.size(), 0.0);
    for_products(p, [&](size_t i, size_t f, size_t o) { y[o] += static_cast<double>(p.x[i]) * p.filter[f]; });
    const std::unique_ptr<float, Free> packed = aligned(plan.packed_size(Precision::kBfloat16));
    plan.pack(p.filter.data(), packed.get(), executor, Precision::kBfloat16);
    Array<float> got(p.dy.size(), NAN);
    inception_conv2d(plan, p.size, p.x.data(), nullptr, packed.get(), nullptr, ConvActivation::kLinear, got.data(), executor, Precision::kBfloat16);
    EXPECT(test::error_of(got, y) < 2e-6);
    for (size_t i = 0; i < y.size(); ++i) y[i] = std::max(0.0, y[i] + p.bias[i % p.out_c]);
    std::fill(got.begin(), got.end(), NAN);
    inception_conv2d(plan, p.size, p.x.data(), nullptr, packed.get(), p.bias.data(), ConvActivation::kRelu, got.data(), executor, Precision::kBfloat16);
    EXPECT(test::error_of(got, y) < 2e-6);
}

TEST(inception_conv2d_tiles_random) {
    if (!conv2d_has_tiles()) return;
    test::Random random(12);
    ThreadExecutor two(2);
    SerialExecutor one;
    for (int i = 0; i < 40; ++i) {
        const int kernels[] = {3, 3, 3, 5};
        const InceptionConv2DSize size = {1 + random.below(3), 1 + random.below(20), 1 + random.below(28), 1 + random.below(2), 1 + random.below(3)};
        const int out_c = 1 + random.below(90);
        check_tiles(make_problem(random, size, 32 * (1 + random.below(3)), out_c, kernels[random.below(4)], 1,
                                 random_dilations(random, out_c, 1 + random.below(7))),
                    i % 2 ? static_cast<Executor&>(one) : two);
    }
    // Strips of rows, and a dilation beyond the map.
    check_tiles(make_problem(random, {1, 70, 90, 1, 1}, 128, 40, 3, 1, random_dilations(random, 40, 4)), two);
    check_tiles(make_problem(random, {1, 4, 5, 2, 2}, 32, 6, 3, 1, Array<int>(12, 1000000)), one);
}

// Large enough for several chunks of channels, strips of rows and every kind of block.
TEST(inception_conv2d_large) {
    test::Random random(8);
    ThreadExecutor two(2);
    for (int stride = 1; stride <= 2; ++stride) {
        const InceptionConv2DSize size = {1, 49 * stride, 19 * stride + 1, stride, stride};
        check(make_problem(random, size, 72, 69, 3, 1, random_dilations(random, 69, 4)), two);
    }
    check(make_problem(random, {1, 9, 11, 1, 1}, 200, 140, 3, 1, random_dilations(random, 140, 6)), two);
    check(make_problem(random, {1, 6, 7, 1, 1}, 160, 160, 3, 2, random_dilations(random, 160, 3)), two);
}

TEST(inception_conv2d_plain_and_depthwise) {
    test::Random random(9);
    SerialExecutor one;
    check(make_problem(random, {1, 12, 13, 1, 1}, 33, 64, 3, 1, Array<int>(128, 1)), one);
    check(make_problem(random, {2, 10, 9, 2, 2}, 33, 33, 3, 33, random_dilations(random, 33, 4)), one);
    // ResNeXt: 32 groups of 4.
    check(make_problem(random, {1, 10, 9, 1, 1}, 128, 128, 3, 32, random_dilations(random, 128, 4)), one);
}

TEST(inception_conv2d_map_smaller_than_dilation) {
    test::Random random(10);
    ThreadExecutor three(3);
    check(make_problem(random, {2, 3, 2, 1, 1}, 5, 40, 3, 1, random_dilations(random, 40, 9)), three);
    check(make_problem(random, {1, 1, 1, 2, 2}, 17, 18, 5, 1, random_dilations(random, 18, 5)), three);
    check(make_problem(random, {1, 4, 5, 2, 2}, 3, 6, 7, 1, Array<int>(12, 1000000)), three);
}

// The layers of IC-ResNet-50 at 800 x 1216 and, with dilations up to 6, at 640 x 640: memory beyond x and y stays below their size, or 1.5 MiB a
// thread.
TEST(inception_conv2d_workspace) {
    test::Random random(11);
    const int layers[][5] = {{64, 200, 304, 1, 4}, {128, 200, 304, 2, 4}, {128, 100, 152, 1, 4}, {256, 50, 76, 1, 4},  {512, 50, 76, 2, 4},
                             {512, 25, 38, 1, 4},  {64, 160, 160, 1, 6},  {128, 80, 80, 1, 6},   {256, 40, 40, 1, 6}, {512, 20, 20, 1, 6}};
    for (const auto& layer : layers) {
        const int channels = layer[0];
        const InceptionConv2DSize size = {1, layer[1], layer[2], layer[3], layer[3]};
        const Array<int> dilations = random_dilations(random, channels, layer[4]);
        const InceptionConv2DPlan plan(channels, channels, 3, 1, dilations.data());
        const size_t maps = sizeof(float) * channels *
                            (static_cast<size_t>(size.in_height) * size.in_width + static_cast<size_t>(size.out_height()) * size.out_width());
        for (int threads = 1; threads <= 2; ++threads) {
            for (const bool packed : {false, true}) {
                const size_t bytes = inception_conv2d_workspace(plan, size, packed, threads);
                EXPECT(bytes > 0 && bytes <= std::max(maps, static_cast<size_t>(threads) * (1536 << 10)));
            }
        }
    }
}

}  // namespace
