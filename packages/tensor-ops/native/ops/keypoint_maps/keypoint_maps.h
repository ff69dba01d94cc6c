// Heatmaps and tag maps of one image from a network's outputs at several scales and for the mirrored image.
//
// Resizing is bilinear with half-pixel centres, without antialiasing, with torch's float32 positions (interpolate, align_corners=False).
// Letters: K kinds of keypoint, F images of an output (2 with a flip test), H, W size of the result, h, w size of an output.
#ifndef ICCONV_OPS_KEYPOINT_MAPS_KEYPOINT_MAPS_H_
#define ICCONV_OPS_KEYPOINT_MAPS_KEYPOINT_MAPS_H_

#include <cstdint>
#include <vector>

#include "common/memory.h"
#include "common/executor.h"

namespace icconv {

// One output, [F, h, w, C]: K heatmaps, then tags. Image 1 is the result for the image mirrored in x.
struct KeypointOutput {
    const float* data;
    int64_t images;
    int64_t height;
    int64_t width;
    int64_t channels;
};

struct KeypointMapsParams {
    int64_t keypoints;
    int64_t height;
    int64_t width;
    // For each keypoint the one it is in the mirrored image.
    std::vector<int32_t> flip_index;
    // The output whose tags are taken.
    int64_t tags_from;
};

// heatmaps [K, H, W]: mean over outputs of the mean over images. tags [F, C - K, H, W] of one output, the mirrored image's mirrored back;
// mirrored tags change places like heatmaps where there are K of them.
void aggregate_keypoint_maps(const KeypointMapsParams& params, const Array<KeypointOutput>& outputs, float* heatmaps, float* tags,
                             Executor& executor);

}  // namespace icconv

#endif  // ICCONV_OPS_KEYPOINT_MAPS_KEYPOINT_MAPS_H_
