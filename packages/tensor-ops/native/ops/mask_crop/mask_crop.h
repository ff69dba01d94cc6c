// Crops of masks to regions, each of S x S values: what a mask head learns from. RoIAlign of bitmaps that are given by run lengths.
//
// Letters: G masks, R regions, S side of a crop, H, W size of the picture.
#ifndef ICCONV_OPS_MASK_CROP_MASK_CROP_H_
#define ICCONV_OPS_MASK_CROP_MASK_CROP_H_

#include <cstdint>

#include "common/executor.h"
#include "common/memory.h"

namespace icconv {

struct MaskCropParams {
    // G, R, H, W, S.
    int64_t masks;
    int64_t rois;
    int64_t height;
    int64_t width;
    int64_t size;
    // Samples a bin on each axis; 0 for as many as the bin has pixels.
    int sampling_ratio;
    // Half-pixel RoIAlign, or the legacy one.
    bool aligned;
    // Values become 1 where they are at least 0.5, and else 0.
    bool binary;
};

// counts: runs of zeros, ones, ... down the columns, H W pixels for each mask, of all masks one after the other; lengths [G], how many.
// rois [R, 4], x1 y1 x2 y2 in pixels, finite; owners [R], the mask that each is a crop of. crops [R, S, S].
void crop_masks(const MaskCropParams& params, const int32_t* counts, const int32_t* lengths, const float* rois, const int32_t* owners,
                float* crops, Executor& executor);

}  // namespace icconv

#endif  // ICCONV_OPS_MASK_CROP_MASK_CROP_H_
