// What keypoint_maps.cu and its host code share. keypoint_maps.h has the rules and the letters.
#ifndef ICCONV_OPS_KEYPOINT_MAPS_CUH_
#define ICCONV_OPS_KEYPOINT_MAPS_CUH_

#include "cuda/prelude.cuh"

namespace icconv {

// Outputs of a call at most.
constexpr int kKeypointOutputs = 16;
constexpr int kKeypointMapsThreads = 256;

// As KeypointOutput, in memory of the device.
struct KeypointCudaOutput {
    const float* data;
    int32_t images, height, width, channels;
};
struct KeypointCudaOutputs {
    KeypointCudaOutput output[kKeypointOutputs];
};

struct KeypointCudaShape {
    int32_t keypoints, height, width, outputs, tags_from;
};

}  // namespace icconv

#endif  // ICCONV_OPS_KEYPOINT_MAPS_CUH_
