// What keypoint_grouping.cu and its host code share.
#ifndef ICCONV_OPS_KEYPOINT_GROUPING_CUH_
#define ICCONV_OPS_KEYPOINT_GROUPING_CUH_

#include "cuda/prelude.cuh"

namespace icconv {

struct KeypointCudaMaps {
    // [K, H, W] and [T, tag_maps, H, W].
    const float* heatmaps;
    const float* tags;
    int32_t joints, tag_size, tag_maps, height, width;
};

// As KeypointPeak, with its joint.
struct KeypointCudaPeak {
    int32_t joint, index;
    float score;
    int32_t right, below;
};

constexpr int kGroupingThreads = 256;

}  // namespace icconv

#endif  // ICCONV_OPS_KEYPOINT_GROUPING_CUH_
