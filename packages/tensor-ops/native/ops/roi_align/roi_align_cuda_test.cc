// The CUDA kernels, emulated, against those of the CPU.
#include "cuda/emulation/cuda_test.h"
#include "ops/roi_align/roi_align_cuda.h"

namespace {

using namespace icconv;
using namespace icconv::test;

// Two maps of two images; RoIs within, across the border, outside, without area, and absurdly large.
void check(RoiAlignParams params) {
    test::Random random(31);
    SerialExecutor executor;
    shim::ShimLauncher launcher;
    const RoiAlignLevel levels[] = {{2, 9, 11, 0.5f}, {2, 5, 6, 0.25f}};
    const std::vector<float> rois = {0, 1, 2, 15, 13,  1, -6, 3, 9, 30,  1, 40, 50, 60, 70,  0, 4, 4, 4, 9,  1, 3, 2, 8, 11.5f,  0, -1e6f, 2, 1e6f, 12};
    const std::vector<int32_t> of_level = {0, 1, 0, 1, 1, 0};
    const auto count = static_cast<int64_t>(of_level.size());
    const Rois view{rois.data(), of_level.data(), count};
    std::vector<std::vector<float>> features;
    const float* pointers[2];
    for (int l = 0; l < 2; ++l) {
        features.push_back(random_floats(random, static_cast<size_t>(levels[l].batch * levels[l].height * levels[l].width * params.channels)));
        pointers[l] = features.back().data();
    }
    const size_t pooled = static_cast<size_t>(count * params.pooled_height * params.pooled_width * params.channels);
    std::vector<float> expected(pooled, NAN), got(pooled, NAN);
    roi_align(params, levels, pointers, 2, view, expected.data(), executor);
    roi_align_cuda(params, levels, pointers, 2, view, got.data(), launcher);
    EXPECT(error_of(got, expected) < 1e-5);

    const std::vector<float> dy = random_floats(random, pooled);
    for (int l = 0; l < 2; ++l) {
        expected.assign(features[l].size(), NAN), got.assign(features[l].size(), NAN);
        roi_align_grad(params, levels[l], l, view, dy.data(), expected.data(), executor);
        roi_align_grad_cuda(params, levels[l], l, view, dy.data(), got.data(), launcher);
        EXPECT(error_of(got, expected) < 1e-4);
    }
}

TEST(cuda_roi_align_adaptive) { check({3, 3, 2, 0, true}); }
TEST(cuda_roi_align_legacy) { check({5, 2, 3, 2, false}); }
TEST(cuda_race_roi_align) { check({2, 2, 2, 1, true}); }

}  // namespace
