// What roi_align.cu and its host code share. roi_align.h has the letters and the rules.
#ifndef ICCONV_OPS_ROI_ALIGN_CUH_
#define ICCONV_OPS_ROI_ALIGN_CUH_

#include "cuda/prelude.cuh"

namespace icconv {

// Maps of a call at most.
constexpr int kRoiAlignMaps = 16;
constexpr int kRoiAlignThreads = 256;

struct RoiAlignCudaMap {
    // Features, or their gradient.
    const float* features;
    int32_t height, width;
    float scale;
};
struct RoiAlignCudaMaps {
    RoiAlignCudaMap map[kRoiAlignMaps];
};

struct RoiAlignCudaShape {
    int32_t rois, channels, pooled_height, pooled_width, sampling_ratio, aligned;
};

}  // namespace icconv

#endif  // ICCONV_OPS_ROI_ALIGN_CUH_
