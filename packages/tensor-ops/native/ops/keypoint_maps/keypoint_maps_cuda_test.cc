// The CUDA kernel, emulated, against the CPU's.
#include "cuda/emulation/cuda_test.h"
#include "ops/keypoint_maps/keypoint_maps_cuda.h"

namespace {

using namespace icconv;
using namespace icconv::test;

struct Size {
    int64_t images, height, width;
};

// tags: of output tags_from, which is the last.
void check(int64_t height, int64_t width, const std::vector<Size>& sizes, int64_t keypoints, int64_t tags) {
    Random random(19);
    SerialExecutor executor;
    shim::ShimLauncher launcher;
    KeypointMapsParams params{keypoints, height, width, {}, static_cast<int64_t>(sizes.size()) - 1};
    for (int64_t k = 0; k < keypoints; ++k) params.flip_index.push_back(static_cast<int32_t>(keypoints - 1 - k));
    std::vector<std::vector<float>> data;
    Array<KeypointOutput> outputs;
    for (size_t i = 0; i < sizes.size(); ++i) {
        const int64_t channels = keypoints + (i + 1 == sizes.size() ? tags : 0);
        data.push_back(random_floats(random, static_cast<size_t>(sizes[i].images * sizes[i].height * sizes[i].width * channels)));
        outputs.push_back({data.back().data(), sizes[i].images, sizes[i].height, sizes[i].width, channels});
    }
    std::vector<float> heatmaps = unwritten(static_cast<size_t>(keypoints * height * width));
    std::vector<float> own_tags = unwritten(static_cast<size_t>(sizes.back().images * tags * height * width));
    std::vector<float> cuda_heatmaps = heatmaps, cuda_tags = own_tags;
    const std::vector<int32_t> flip_index = params.flip_index;
    aggregate_keypoint_maps(params, outputs, heatmaps.data(), own_tags.data(), executor);
    aggregate_keypoint_maps_cuda(params, flip_index.data(), outputs, cuda_heatmaps.data(), cuda_tags.data(), launcher);
    EXPECT(error_of(cuda_heatmaps, heatmaps) < 1e-5 && error_of(cuda_tags, own_tags) < 1e-5);
}

TEST(cuda_keypoint_maps_of_two_scales) { check(20, 17, {{2, 5, 6}, {2, 10, 9}}, 3, 3); }
TEST(cuda_keypoint_maps_of_their_size) { check(9, 8, {{1, 9, 8}}, 2, 1); }
TEST(cuda_keypoint_maps_one_tag_map) { check(7, 30, {{1, 14, 9}, {2, 7, 30}}, 4, 1); }
TEST(cuda_keypoint_maps_without_tags) { check(11, 5, {{2, 3, 1}}, 2, 0); }
TEST(cuda_race_keypoint_maps) { check(9, 7, {{2, 4, 3}}, 2, 2); }

}  // namespace
