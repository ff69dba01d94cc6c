// With the CUDA kernels, emulated, against the CPU: the same poses to the last bit.
#include <numeric>

#include "cuda/emulation/cuda_test.h"
#include "ops/keypoint_grouping/keypoint_grouping_cuda.h"

namespace {

using namespace icconv;
using namespace icconv::test;

// step: values are multiples of 1 / step, so that some are equal.
void check(KeypointGroupingParams params, float step, float threshold) {
    Random random(29);
    SerialExecutor executor;
    params.detection_threshold = threshold;
    params.joint_order.resize(static_cast<size_t>(params.joints));
    std::iota(params.joint_order.begin(), params.joint_order.end(), 0);
    const auto area = static_cast<size_t>(params.height * params.width);
    std::vector<float> heatmaps = random_floats(random, static_cast<size_t>(params.joints) * area, -0.5f, 1);
    std::vector<float> tags = random_floats(random, static_cast<size_t>(params.tag_size * params.tag_maps) * area, -3, 3);
    // The last joint of two has no peak, or no warmth.
    for (size_t i = 0; i < area; ++i) heatmaps[heatmaps.size() - 1 - i] *= params.joints % 2 == 0 ? 0.01f : -0.01f;
    for (float& v : heatmaps) v = std::round(v * step) / step;
    const KeypointGroups expected = group_keypoints(params, heatmaps.data(), tags.data(), executor);
    ShimDevice device;
    KeypointCudaReader<ShimDevice> reader(params, heatmaps.data(), tags.data(), device);
    const KeypointGroups got = group_keypoints(params, reader);
    EXPECT(expected.people > 0 && got.finite && got.people == expected.people);
    EXPECT(got.poses == expected.poses && got.scores == expected.scores);
    tags.back() = NAN;
    EXPECT(!group_keypoints(params, reader).finite);
}

TEST(cuda_keypoint_grouping_of_its_own_tags) { check({4, 2, 4, 19, 23, 5, 6, 0, 1.0, true, false, true, true, {}}, 64, 0.1f); }
TEST(cuda_keypoint_grouping_of_one_tag_map) { check({3, 1, 1, 30, 17, 3, 30, 0, 1.0, true, true, false, true, {}}, 1e6f, 0.3f); }
// More peaks than there is usually room for.
TEST(cuda_keypoint_grouping_of_plateaus) { check({2, 1, 2, 100, 110, 1, 10, 0, 1.0, false, false, true, false, {}}, 2, 0.1f); }
TEST(cuda_race_keypoint_grouping) { check({2, 1, 2, 20, 14, 5, 3, 0, 1.0, true, false, true, true, {}}, 64, 0.1f); }

}  // namespace
