// Arguments at the ends of their types: products of them must not wrap, which the sanitizer tells, and the results are those of the
// definitions.
#include <algorithm>
#include <climits>
#include <cmath>
#include <cstdint>
#include <limits>

#include "common/memory.h"
#include "common/test.h"
#include "common/thread_executor.h"
#include "ops/conv2d/conv2d.h"
#include "ops/conv_program/conv_program.h"
#include "ops/dilation_errors/dilation_errors.h"
#include "ops/image_batch/image_batch.h"
#include "ops/inception_conv2d/inception_conv2d.h"
#include "ops/keypoint_grouping/keypoint_grouping.h"
#include "ops/max_pool2d/max_pool2d.h"
#include "ops/nms/nms.h"
#include "ops/roi_align/roi_align.h"

namespace {

using namespace icconv;

constexpr float kLargest = std::numeric_limits<float>::max();
constexpr float kInfinity = std::numeric_limits<float>::infinity();
const float kNan = std::nanf("");

struct ConvCase {
    int kernel, stride, pad, dilation;
};

// x is 5 x 4 of 24 channels, all 1, as is the filter: each result counts the taps on the map.
float taps_on_map(const ConvCase& c, int64_t oh, int64_t ow) {
    int rows = 0, columns = 0;
    for (int64_t u = 0; u < c.kernel; ++u) {
        const int64_t h = oh * c.stride - c.pad + u * c.dilation, w = ow * c.stride - c.pad + u * c.dilation;
        rows += h >= 0 && h < 5;
        columns += w >= 0 && w < 4;
    }
    return static_cast<float>(24 * rows * columns);
}

}  // namespace

TEST(extreme_arguments_of_conv2d_and_max_pool2d) {
    ThreadExecutor executor(2);
    constexpr int kQuarter = 1 << 28;
    const Array<float> x(5 * 4 * 24, 1.0f);
    for (const ConvCase& c : {ConvCase{3, INT_MAX, 1, 1}, ConvCase{1, INT_MAX, 0, INT_MAX}, ConvCase{2, kQuarter, kQuarter, 1},
                              ConvCase{2, kQuarter - 1, kQuarter, 1}, ConvCase{3, 1, kQuarter, kQuarter}, ConvCase{3, 7, kQuarter + 9, kQuarter + 9},
                              ConvCase{2, INT_MAX, kQuarter, 2 * kQuarter}, ConvCase{1, INT_MAX, (1 << 29) - 3, INT_MAX}}) {
        const Conv2DFilter filter{c.kernel, c.kernel, 24, 17, 1};
        const Conv2DSize size{1, 5, 4, c.stride, c.stride, c.pad, c.pad, c.dilation, c.dilation};
        const int out_h = size.out_h(filter), out_w = size.out_w(filter);
        EXPECT(out_h >= 1 && out_w >= 1 && out_h < 10 && out_w < 10);
        const Array<float> hwio(static_cast<size_t>(c.kernel) * c.kernel * 24 * 17, 1.0f);
        const Memory packed = allocate(conv2d_packed_size(filter, Conv2DAlgorithm::kDirect) * sizeof(float));
        conv2d_pack(filter, Conv2DAlgorithm::kDirect, hwio.data(), static_cast<float*>(packed.get()), executor);
        Array<float> y(static_cast<size_t>(out_h) * out_w * 17);
        conv2d(size, {x.data(), static_cast<const float*>(packed.get()), nullptr, nullptr}, false, y.data(), executor);
        for (int i = 0; i < out_h * out_w; ++i) EXPECT(y[static_cast<size_t>(i) * 17 + 16] == taps_on_map(c, i / out_w, i % out_w));
    }
    EXPECT(Conv2DSize({1, 5, 5, 1, 1, INT_MAX, INT_MAX, 1, 1}).out_h({3, 3, 1, 1, 1}) == 0);
    EXPECT(Conv2DSize({1, 5, 5, 1, 1, 0, 0, INT_MAX, INT_MAX}).out_h({3, 3, 1, 1, 1}) == 0);
    EXPECT(MaxPool2DSize({1, 5, 5, 1, INT_MAX, INT_MAX, 1, 1, INT_MAX - 1, INT_MAX - 1}).out_h() == 0);

    const MaxPool2DSize size{1, 5, 4, 24, 2 * kQuarter, 2 * kQuarter, INT_MAX, 3, kQuarter, kQuarter};
    Array<float> y(static_cast<size_t>(size.out_h()) * size.out_w() * 24), dx(x.size());
    max_pool2d(size, x.data(), y.data(), executor);
    max_pool2d_grad(size, x.data(), y.data(), dx.data(), executor);
    EXPECT(size.out_w() == 2 && *std::min_element(y.begin(), y.end()) == 1 && dx[0] == 2 && dx[24] == 0);
}

// Outputs that lie farther apart than one map is high.
TEST(extreme_arguments_of_conv2d_keep_images_apart) {
    SerialExecutor executor;
    const Conv2DFilter filter{1, 1, 8, 16, 1};
    Array<float> x(3 * 2 * 6 * 8), y(3 * 6 * 16);
    for (size_t i = 0; i < x.size(); ++i) x[i] = static_cast<float>(i / (2 * 6 * 8)) + 1 + (i / (6 * 8) % 2 == 1 ? 100.0f : 0.0f);
    const Array<float> hwio(8 * 16, 1.0f);
    const Memory packed = allocate(conv2d_packed_size(filter, Conv2DAlgorithm::kDirect) * sizeof(float));
    conv2d_pack(filter, Conv2DAlgorithm::kDirect, hwio.data(), static_cast<float*>(packed.get()), executor);
    for (int stride : {2, 3, INT_MAX}) {
        conv2d({3, 2, 6, stride, 1}, {x.data(), static_cast<const float*>(packed.get()), nullptr, nullptr}, false, y.data(), executor);
        for (size_t i = 0; i < y.size(); ++i) EXPECT(y[i] == 8 * static_cast<float>(i / (6 * 16) + 1));
    }
}

TEST(extreme_arguments_of_inception_conv2d_and_dilation_errors) {
    ThreadExecutor executor(2);
    const Array<int> dilations = {INT_MAX, INT_MAX, 1, INT_MAX, 1 << 30, 2, 4, 3};
    const InceptionConv2DPlan plan(6, 4, 3, 2, dilations.data());
    const Array<float> x(2 * 5 * 4 * 6, 1.0f), filter(9 * 3 * 4, 1.0f);
    for (int stride : {1, 5}) {
        const InceptionConv2DSize size{2, 5, 4, stride, std::min(stride, 4)};
        Array<float> y(static_cast<size_t>(2) * size.out_height() * size.out_width() * 4), dx(x.size()), dfilter(filter.size());
        inception_conv2d(plan, size, x.data(), filter.data(), nullptr, nullptr, ConvActivation::kLinear, y.data(), executor);
        inception_conv2d_grad_input(plan, size, y.data(), filter.data(), dx.data(), executor);
        inception_conv2d_grad_filter(plan, size, x.data(), y.data(), dfilter.data(), executor);
        // Only the centre; the centre's column, of which the upper tap lies outside; its row likewise; and the corner at (4, 3).
        EXPECT(y[0] == 3 && y[1] == 6 && y[2] == 6 && y[3] == 12);
    }
    const DilationErrorsParams params{1, 5, 4, 6, 2, 1, INT_MAX, INT_MAX, 1, 1};
    Array<float> out(4);
    const Array<float> super(9 * 6 * 2, 1.0f);
    dilation_errors(params, x.data(), super.data(), {out.data(), out.data(), out.data() + 2}, executor);
    EXPECT(out[2] == 24);
}

TEST(extreme_arguments_of_roi_align) {
    SerialExecutor executor;
    const RoiAlignLevel level{1, 4, 4, 1};
    const Array<float> map(16, 1.0f);
    const float* const maps[] = {map.data()};
    const Array<float> rois = {0, -1e30f, -1e30f, 1e30f, 1e30f, 0, 0, 0, 1e9f, 1e9f, 0, -1e37f, 0, -1e36f, 1e37f, 0, 3, 3, 0, 0, 0, 1, 1, 1, 1};
    for (int ratio : {0, 1, kMostSamplingRatio}) {
        for (bool aligned : {false, true}) {
            Array<float> y(5 * 4), dx(16);
            roi_align({1, 2, 2, ratio, aligned}, &level, maps, 1, {rois.data(), nullptr, 5}, y.data(), executor);
            roi_align_grad({1, 2, 2, ratio, aligned}, level, 0, {rois.data(), nullptr, 5}, y.data(), dx.data(), executor);
            for (float value : y) EXPECT(value >= 0 && value < 1.001f);
        }
    }
    for (float corner : {kInfinity, -kInfinity, kNan}) {
        const float bad[] = {0, 0, 0, 1, corner};
        EXPECT(first_bad_roi({bad, nullptr, 1}, &level, 1) == 0);
    }
    // Each finite, and their distance, or what the scale makes of them, not.
    const float far[] = {0, -kLargest, 0, kLargest, 1};
    EXPECT(first_bad_roi({far, nullptr, 1}, &level, 1) == 0);
    const float large[] = {0, 0, 0, 1, 1e20f};
    const RoiAlignLevel magnified{1, 4, 4, 1e30f};
    EXPECT(first_bad_roi({large, nullptr, 1}, &magnified, 1) == 0);
    EXPECT(first_bad_roi({large, nullptr, 1}, &level, 1) == -1);
    // The weights of the finest grid add up.
    const float whole[] = {0, 0, 0, 3, 3};
    float one = 0;
    roi_align({1, 1, 1, kMostSamplingRatio, true}, &level, maps, 1, {whole, nullptr, 1}, &one, executor);
    EXPECT(std::abs(one - 1) < 1e-4f);
}

TEST(extreme_arguments_of_nms_and_grouping) {
    SerialExecutor executor;
    test::Random random(1);
    Array<float> boxes, scores;
    const float values[] = {0, -kLargest, kLargest, kInfinity, -kInfinity, kNan, 1e-45f, 1, 2, 3, 1e20f};
    for (int i = 0; i < 400; ++i) {
        for (int k = 0; k < 4; ++k) boxes.push_back(values[random.below(11)]);
        scores.push_back(values[random.below(5)]);
    }
    for (int64_t most : {int64_t{-1}, int64_t{0}, int64_t{INT32_MAX}, INT64_MAX}) {
        const Array<int32_t> kept = nms({0.5f, 0, false, most}, boxes.data(), scores.data(), nullptr, 400, executor);
        EXPECT(most == 0 ? kept.empty() : !kept.empty());
    }
    Array<float> heat(2 * 18 * 19), tags(2 * 18 * 19);
    for (float& v : heat) v = random.uniform(0, 1) < 0.1f ? kLargest : -kLargest;
    for (float& v : tags) v = random.uniform(0, 1) < 0.5f ? kLargest : -kLargest;
    for (int64_t kernel : {int64_t{1}, int64_t{3}, int64_t{INT32_MAX}}) {
        const KeypointGroupingParams params{2, 1, 2, 18, 19, kernel, INT32_MAX, 0, 1e300, true, false, true, true, {0, 1}};
        EXPECT(group_keypoints(params, heat.data(), tags.data(), executor).finite);
    }
}

TEST(extreme_arguments_of_image_batch) {
    SerialExecutor executor;
    const Array<uint8_t> pixels(3 * 7 * 5, 9);
    const SourceImage source{pixels.data(), 7, 5};
    const double scales[] = {0, 1e300, -1e300, 1e-300, 1, -1, 1e9};
    test::Random random(2);
    Array<float> out(3 * 6 * 8);
    for (int round = 0; round < 300; ++round) {
        const auto pick = [&] { return scales[random.below(7)]; };
        const Placement placement{0, 0, 0, 0, 6, 8, {pick(), random.below(2) * pick(), pick(), random.below(2) * pick(), pick(), pick()}, {}, false};
        const ImageBatchParams params{1, 6, 8, {1, 1, 1}, {0, 0, 0}, false, {9, 9, 9}, random.below(2) == 1, false, false};
        image_batch(params, &source, &placement, 1, out.data(), executor);
        for (float value : out) EXPECT(std::abs(value - 9) < 1e-3f);
    }
}

TEST(extreme_arguments_of_a_conv_program) {
    std::string problem;
    ConvProgram::Layout layout;
    // A pooling whose result would have 2^30 rows of 2^30 pixels; then one whose padded map is too high.
    for (int32_t pad : {1 << 28, INT_MAX - 1}) {
        const Array<int32_t> code = {1, 3, 0, -1, -1, -1, 0, INT_MAX, INT_MAX, 1, 1, pad, pad, 1, 1, 1, 1};
        const auto program = ConvProgram::parse(code.data(), code.size(), 0, &problem);
        EXPECT(program != nullptr);
        if (program != nullptr) EXPECT(!program->lay_out({1, 5, 5, 3}, {}, &layout, &problem));
    }
    const Array<int32_t> wide = {1, 3, 0, -1, -1, -1, 0, 1 << 28, 1 << 28, 1, 1, 1 << 27, 1 << 27, 1, 1, 1, 1};
    const auto program = ConvProgram::parse(wide.data(), wide.size(), 0, &problem);
    EXPECT(program != nullptr && program->lay_out({1, 5, 5, 3}, {}, &layout, &problem));
    EXPECT(!program->lay_out({1, 1 << 20, 1 << 20, 3}, {}, &layout, &problem));
    // Counts that promise more than there is.
    for (int32_t count : {INT_MAX, INT_MIN, 1 << 20}) {
        const int32_t promised[] = {count, 1, 2};
        EXPECT(ConvProgram::parse(promised, 3, 0, &problem) == nullptr);
    }
}
