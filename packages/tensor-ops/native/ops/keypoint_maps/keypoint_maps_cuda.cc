#include "ops/keypoint_maps/keypoint_maps_cuda.h"

namespace icconv {
namespace {

constexpr CudaKernel kKernel{"keypoint_maps", "icconv_keypoint_maps"};

}  // namespace

void aggregate_keypoint_maps_cuda(const KeypointMapsParams& params, const int32_t* flip_index, const Array<KeypointOutput>& outputs, float* heatmaps,
                                  float* tags, Launcher& launcher) {
    KeypointCudaOutputs placed{};
    int i = 0;
    for (const KeypointOutput& o : outputs) {
        placed.output[i++] = {o.data, static_cast<int32_t>(o.images), static_cast<int32_t>(o.height), static_cast<int32_t>(o.width),
                              static_cast<int32_t>(o.channels)};
    }
    const KeypointCudaShape shape{static_cast<int32_t>(params.keypoints), static_cast<int32_t>(params.height), static_cast<int32_t>(params.width),
                                  static_cast<int32_t>(outputs.size()), static_cast<int32_t>(params.tags_from)};
    const KeypointOutput& tagged = outputs[static_cast<size_t>(params.tags_from)];
    const int64_t maps = params.keypoints + tagged.images * (tagged.channels - params.keypoints);
    const int64_t numbers = maps * params.height * params.width;
    launcher.launch(kKernel, {static_cast<unsigned>((numbers + kKeypointMapsThreads - 1) / kKeypointMapsThreads), kKeypointMapsThreads}, placed,
                    flip_index, shape, heatmaps, tags);
}

}  // namespace icconv
