// RoIAlign: averages bilinear samples of a feature map over a grid of bins inside each region of interest (RoI).
//
// Letters: N images, H x W map, C channels, R RoIs, PH x PW bins. Layouts: features NHWC, output [R, PH, PW, C], all float32.
// Source: He et al., Mask R-CNN (2017), section 3; sampling rules as in torchvision.ops.roi_align.
//
// Coordinates: a RoI is (image, x1, y1, x2, y2), corners in pixels of the image; `spatial_scale` maps them to the feature map.
// With `aligned`, pixel centers lie at half-integers (the corners move by -0.5 after scaling); without, the legacy rule: no shift
// and a size of at least 1 x 1. A sample farther than one pixel outside the map counts as 0; nearer ones are clamped to its edge.
#ifndef ICCONV_OPS_ROI_ALIGN_ROI_ALIGN_H_
#define ICCONV_OPS_ROI_ALIGN_ROI_ALIGN_H_

#include <cstdint>

#include "common/executor.h"

namespace icconv {

// Every sample of a grid up to here is visited, and their weights, 1 / ratio each, add up to 1 in float32.
constexpr int kMostSamplingRatio = 4096;

struct RoiAlignParams {
    int64_t channels;
    int64_t pooled_height;
    int64_t pooled_width;
    // Samples per bin and axis, at most kMostSamplingRatio; 0 takes ceil(bin size), in feature pixels, for each RoI and axis.
    int sampling_ratio;
    bool aligned;
};

struct RoiAlignLevel {
    int64_t batch;
    int64_t height;
    int64_t width;
    float spatial_scale;
};

// RoIs of a call. `levels` says for each RoI which map it reads, or is null when there is one map.
struct Rois {
    const float* data;  // [R, 5]
    const int32_t* levels;
    int64_t count;
};

// Index of the first RoI that names an absent image or level or whose corners or size, in feature pixels, are not finite; -1 when all are
// good.
// The functions below trust this.
int64_t first_bad_roi(const Rois& rois, const RoiAlignLevel* levels, int level_count);

// output [R, PH, PW, C] is written whole. features[l] is [N, H, W, C] of levels[l].
void roi_align(const RoiAlignParams& params, const RoiAlignLevel* levels, const float* const* features, int level_count,
               const Rois& rois, float* output, Executor& executor);

// Gradient with respect to the map of one level: grad_features [N, H, W, C] is written whole. RoIs of other levels are skipped.
// Additions happen in a fixed order, so the result depends neither on the number of threads nor on the run.
void roi_align_grad(const RoiAlignParams& params, const RoiAlignLevel& level, int level_index, const Rois& rois,
                    const float* grad_output, float* grad_features, Executor& executor);

}  // namespace icconv

#endif  // ICCONV_OPS_ROI_ALIGN_ROI_ALIGN_H_
