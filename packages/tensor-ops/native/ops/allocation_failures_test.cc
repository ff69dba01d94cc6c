// Every operator with every one of its allocations failing in turn: it throws OutOfMemory, leaks nothing (the sanitizer tells), and does
// its work when there is memory again.
#include <atomic>
#include <cstdint>
#include <functional>

#include "common/memory.h"
#include "common/test.h"
#include "common/thread_executor.h"
#include "ops/batch_norm/batch_norm.h"
#include "ops/conv2d/conv2d.h"
#include "ops/conv2d_training/conv2d_training.h"
#include "ops/conv_program/conv_program.h"
#include "ops/dilation_errors/dilation_errors.h"
#include "ops/image_batch/image_batch.h"
#include "ops/inception_conv2d/inception_conv2d.h"
#include "ops/keypoint_grouping/keypoint_grouping.h"
#include "ops/keypoint_maps/keypoint_maps.h"
#include "ops/mask_crop/mask_crop.h"
#include "ops/mask_paste/mask_paste.h"
#include "ops/nms/nms.h"
#include "ops/parameter_update/parameter_update.h"
#include "ops/roi_align/roi_align.h"

namespace {

using namespace icconv;

std::atomic<int> allocations_left{0};

void fail_when_none_is_left(size_t bytes) {
    if (allocations_left.fetch_sub(1) == 0) throw OutOfMemory(bytes);
}

// Gives the number of allocations that failed.
int fail_each_allocation(const std::function<void(Executor&)>& work) {
    for (int allowed = 0;; ++allowed) {
        // New threads, whose workspaces hold nothing yet.
        ThreadExecutor executor(3);
        allocations_left = allowed;
        set_allocation_probe(fail_when_none_is_left);
        bool failed = false;
        try {
            work(executor);
        } catch (const OutOfMemory&) {
            failed = true;
        }
        set_allocation_probe(nullptr);
        if (!failed) return allowed;
    }
}

// `work` writes its result to floats.
void check(int least, size_t floats, const std::function<void(float*, Executor&)>& work) {
    Array<float> expected(floats), received(floats, -7.0f);
    SerialExecutor serial;
    work(expected.data(), serial);
    EXPECT(fail_each_allocation([&](Executor& executor) { work(received.data(), executor); }) >= least);
    EXPECT(test::max_error(received.data(), expected.data(), static_cast<long>(floats)) < 1e-5);
}

Array<float> random_floats(size_t count) {
    test::Random random(count);
    Array<float> values(count);
    for (float& value : values) value = random.uniform(0, 1);
    return values;
}

// The packed filter of a convolution of this kind, 64-byte aligned.
Memory packed(const Conv2DFilter& filter, Conv2DAlgorithm algorithm, size_t* size) {
    *size = conv2d_packed_size(filter, algorithm);
    Memory memory = allocate(*size * sizeof(float));
    SerialExecutor serial;
    const size_t floats = static_cast<size_t>(filter.kernel_h) * filter.kernel_w * (filter.in_c / filter.groups) * filter.out_c;
    conv2d_pack(filter, algorithm, random_floats(floats).data(), static_cast<float*>(memory.get()), serial);
    return memory;
}

}  // namespace

TEST(allocation_failures_in_conv2d) {
    const Conv2DFilter filter{3, 3, 8, 20, 1};
    const Array<float> x = random_floats(2 * 20 * 21 * 8), bias = random_floats(20);
    for (Conv2DAlgorithm algorithm : {Conv2DAlgorithm::kDirect, Conv2DAlgorithm::kWinograd}) {
        size_t size = 0;
        const Memory weights = packed(filter, algorithm, &size);
        const Conv2DSize of{2, 20, 21, 1, 1, 1, 1, 1, 1};
        check(3, 2 * 20 * 21 * 20, [&](float* y, Executor& executor) {
            conv2d(of, {x.data(), static_cast<const float*>(weights.get()), bias.data(), nullptr}, true, y, executor);
        });
    }
}

TEST(allocation_failures_in_conv2d_training) {
    // By Winograd, and strided, by the definition.
    for (int stride : {1, 2}) {
        const Conv2DFilter filter{3, 3, 16, 20, 1};
        const Conv2DSize size{1, 30, 28, stride, stride, 1, 1};
        const Array<float> x = random_floats(30 * 28 * 16), weights = random_floats(9 * 16 * 20);
        const Array<float> dy = random_floats(static_cast<size_t>(size.out_h(filter)) * size.out_w(filter) * 20);
        check(2, dy.size(), [&](float* y, Executor& executor) {
            conv2d_forward(size, filter, x.data(), weights.data(), nullptr, true, y, executor);
        });
        check(3, x.size(), [&](float* dx, Executor& executor) { conv2d_grad_input(size, filter, dy.data(), weights.data(), dx, executor); });
        check(2, weights.size(), [&](float* dfilter, Executor& executor) {
            conv2d_grad_filter(size, filter, x.data(), dy.data(), dfilter, executor);
        });
    }
}

TEST(allocation_failures_in_inception_conv2d) {
    constexpr int kIn = 12, kOut = 24;
    Array<int> dilations;
    for (int c = 0; c < kOut; ++c) dilations.insert(dilations.end(), {1 + c % 3, 1 + c % 2});
    const Array<float> x = random_floats(2 * 30 * 17 * kIn), filter = random_floats(9 * kIn * kOut), dy = random_floats(2 * 30 * 17 * kOut);
    const InceptionConv2DSize size{2, 30, 17, 1, 1};
    const InceptionConv2DPlan plan(kIn, kOut, 3, 1, dilations.data());
    SerialExecutor serial;
    const Memory weights = allocate(plan.packed_size() * sizeof(float));
    plan.pack(filter.data(), static_cast<float*>(weights.get()), serial);
    check(3, dy.size(), [&](float* y, Executor& executor) {
        const InceptionConv2DPlan own(kIn, kOut, 3, 1, dilations.data());
        inception_conv2d(own, size, x.data(), filter.data(), nullptr, nullptr, ConvActivation::kLinear, y, executor);
    });
    check(3, dy.size(), [&](float* y, Executor& executor) {
        inception_conv2d(plan, size, x.data(), nullptr, static_cast<const float*>(weights.get()), nullptr, ConvActivation::kRelu, y, executor);
    });
    check(3, x.size(), [&](float* dx, Executor& executor) {
        inception_conv2d_grad_input(plan, size, dy.data(), filter.data(), dx, executor);
    });
    check(3, filter.size(), [&](float* dfilter, Executor& executor) {
        inception_conv2d_grad_filter(plan, size, x.data(), dy.data(), dfilter, executor);
    });
}

TEST(allocation_failures_in_a_conv_program) {
    size_t size = 0;
    const Memory weights = packed({3, 3, 4, 16, 1}, Conv2DAlgorithm::kDirect, &size);
    const Array<float> image = random_floats(12 * 13 * 4);
    // A convolution, then a pooling of it.
    const Array<int32_t> code = {2, 1, 0, -1, 0, -1, 1, 3, 3, 1, 1, 1, 1, 1, 1, 3, 1, -1, -1, -1, 0, 2, 2, 2, 2, 0, 0, 1, 1, 1, 2};
    check(5, 6 * 6 * 16, [&](float* y, Executor& executor) {
        std::string problem;
        const Array<Parameter> parameters = {{static_cast<const float*>(weights.get()), size}};
        const auto program = ConvProgram::parse(code.data(), code.size(), 1, &problem);
        EXPECT(program != nullptr);
        ConvProgram::Layout layout;
        EXPECT(program->lay_out({1, 12, 13, 4}, parameters, &layout, &problem));
        const Memory memory = allocate(layout.floats * sizeof(float));
        program->run(layout, image.data(), parameters, static_cast<float*>(memory.get()), {y}, executor);
    });
}

TEST(allocation_failures_in_dilation_errors) {
    const DilationErrorsParams params{1, 9, 10, 3, 5, 1, 1, 1, 2, 1};
    const Array<float> x = random_floats(9 * 10 * 3), filter = random_floats(25 * 3 * 5);
    check(4, 9 * 10 * 5 + 4 * 5 + 5, [&](float* out, Executor& executor) {
        dilation_errors(params, x.data(), filter.data(), {out, out + 9 * 10 * 5, out + 9 * 10 * 5 + 4 * 5}, executor);
    });
}

TEST(allocation_failures_in_roi_align) {
    const RoiAlignParams params{3, 4, 5, 0, true};
    const RoiAlignLevel level{2, 20, 30, 0.5f};
    Array<float> rois;
    test::Random random(3);
    for (int r = 0; r < 100; ++r) {
        const float x = random.uniform(0, 30), y = random.uniform(0, 20);
        rois.insert(rois.end(), {static_cast<float>(r % 2), x, y, x + random.uniform(1, 30), y + random.uniform(1, 20)});
    }
    const Array<float> map = random_floats(2 * 20 * 30 * 3), grad = random_floats(100 * 4 * 5 * 3);
    const float* const maps[] = {map.data()};
    check(4, grad.size(), [&](float* y, Executor& executor) { roi_align(params, &level, maps, 1, {rois.data(), nullptr, 100}, y, executor); });
    check(4, map.size(), [&](float* dx, Executor& executor) {
        roi_align_grad(params, level, 0, {rois.data(), nullptr, 100}, grad.data(), dx, executor);
    });
}

TEST(allocation_failures_in_nms) {
    Array<float> boxes, scores = random_floats(300);
    Array<int32_t> groups;
    test::Random random(5);
    for (int i = 0; i < 300; ++i) {
        const float x = random.uniform(0, 50), y = random.uniform(0, 50);
        boxes.insert(boxes.end(), {x, y, x + random.uniform(1, 20), y + random.uniform(1, 20)});
        groups.push_back(random.below(3));
    }
    for (const int32_t* of : {static_cast<const int32_t*>(nullptr), static_cast<const int32_t*>(groups.data())}) {
        check(5, 300, [&](float* kept, Executor& executor) {
            const Array<int32_t> result = nms({0.5f, 0, false, -1}, boxes.data(), scores.data(), of, 300, executor);
            std::fill(kept, kept + 300, -1.0f);
            std::copy(result.begin(), result.end(), kept);
        });
    }
}

TEST(allocation_failures_in_keypoint_grouping) {
    KeypointGroupingParams params{3, 2, 3, 24, 20, 3, 6, 0.3f, 0.2, true, false, true, true, {0, 1, 2}};
    const Array<float> heatmaps = random_floats(3 * 24 * 20), tags = random_floats(2 * 3 * 24 * 20);
    check(20, 2000, [&](float* out, Executor& executor) {
        const KeypointGroups groups = group_keypoints(params, heatmaps.data(), tags.data(), executor);
        EXPECT(groups.people > 2 && groups.poses.size() < 2000);
        std::fill(out, out + 2000, 0.0f);
        std::copy(groups.poses.begin(), groups.poses.end(), out);
    });
}

TEST(allocation_failures_in_keypoint_maps) {
    const Array<float> map = random_floats(2 * 6 * 7 * 4);
    check(4, 2 * 13 * 11 + 2 * 2 * 13 * 11, [&](float* out, Executor& executor) {
        const Array<KeypointOutput> outputs = {{map.data(), 2, 6, 7, 4}};
        aggregate_keypoint_maps({2, 13, 11, {1, 0}, 0}, outputs, out, out + 2 * 13 * 11, executor);
    });
}

TEST(allocation_failures_in_mask_paste) {
    const Array<float> masks = random_floats(3 * 5 * 5);
    const float boxes[] = {1, 2, 30, 20, -5, 3, 8, 60, 4, 4, 4, 4};
    for (bool whole_boxes : {false, true}) {
        check(12, 4000, [&](float* out, Executor& executor) {
            const PastedMasks pasted = paste_masks({3, 5, 40, 33, 0.5f, whole_boxes}, masks.data(), boxes, executor);
            EXPECT(pasted.counts.size() > 20 && pasted.counts.size() < 4000);
            std::fill(out, out + 4000, 0.0f);
            std::copy(pasted.counts.begin(), pasted.counts.end(), out);
        });
    }
}

TEST(allocation_failures_in_mask_crop) {
    const int32_t counts[] = {20, 60, 20, 0, 100}, lengths[] = {3, 2}, owners[] = {1, 0, 0};
    const float rois[] = {1, 2, 9, 8, -5, 3, 8, 60, 4, 4, 4, 4};
    check(6, 3 * 4 * 4, [&](float* out, Executor& executor) {
        crop_masks({2, 3, 10, 10, 4, 0, true, false}, counts, lengths, rois, owners, out, executor);
    });
}

TEST(allocation_failures_in_image_batch) {
    const Array<uint8_t> pixels(3 * 40 * 30, 77);
    const SourceImage source{pixels.data(), 40, 30};
    const Placement straight{0, 0, 0, 0, 16, 12, {2.5, 0, 0, 0, 2.5, 0}, {}, false};
    const Placement turned{0, 1, 2, 1, 16, 12, {2, 0.3, 0, -0.3, 2, 4}, {}, false};
    for (bool antialias : {false, true}) {
        const ImageBatchParams params{2, 16, 12, {1, 1, 1}, {0, 0, 0}, false, {1, 2, 3}, antialias, true, false};
        const Placement placements[] = {straight, turned};
        check(8, 2 * 16 * 12 * 3, [&](float* out, Executor& executor) { image_batch(params, &source, placements, 2, out, executor); });
    }
}

TEST(allocation_failures_in_batch_norm_and_parameter_updates) {
    const BatchNormShape shape{600, 5};
    const Array<float> x = random_floats(3000), dy = random_floats(3000), five = random_floats(5);
    check(3, 3010, [&](float* y, Executor& executor) {
        batch_norm(shape, x.data(), five.data(), five.data(), nullptr, 1e-5f, true, y, y + 3000, y + 3005, executor);
    });
    check(5, 3010, [&](float* dx, Executor& executor) {
        batch_norm_grad(shape, x.data(), nullptr, dy.data(), five.data(), five.data(), five.data(), 1e-5f, dx, dx + 3000, dx + 3005, nullptr,
                        executor);
    });
    check(1, 3000, [&](float* out, Executor& executor) {
        const ParameterSlot slot{3000, 0.1f, 0, x.data(), dy.data(), nullptr, nullptr, out, nullptr, nullptr};
        sgd_update({0, 0, false, 1}, &slot, 1, executor);
    });
    const ArrayView view{x.data(), 3000};
    check(2, 1, [&](float* out, Executor& executor) { *out = static_cast<float>(sum_of_squares(&view, 1, executor)); });
}
