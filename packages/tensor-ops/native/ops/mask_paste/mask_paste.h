// Pastes masks that are relative to their boxes into a picture, and gives them as run lengths.
//
// Letters: N masks, S side of a mask, H, W size of the picture. A mask is interpolated bilinearly, zeros around it, at the centres of the
// picture's pixels, and thresholded. Nothing of the picture's size is ever in memory: columns go straight to runs.
#ifndef ICCONV_OPS_MASK_PASTE_MASK_PASTE_H_
#define ICCONV_OPS_MASK_PASTE_MASK_PASTE_H_

#include <cstdint>

#include "common/executor.h"
#include "common/memory.h"

namespace icconv {

struct MaskPasteParams {
    // N, S, H, W.
    int64_t masks;
    int64_t size;
    int64_t height;
    int64_t width;
    float threshold;
    // torchvision: boxes grow by the border and become whole pixels, and a pixel belongs to the object where it is greater than the
    // threshold. Otherwise detectron2's and mmdetection's way: boxes stay as they are, and a pixel at the threshold belongs to it too.
    bool whole_boxes;
};

struct PastedMasks {
    // Runs of zeros, ones, zeros, ... down the columns of the picture, of all masks one after the other.
    Array<int32_t> counts;
    // How many of them each mask has, [N].
    Array<int32_t> lengths;
};

// probabilities [N, S, S]; boxes [N, 4], x1 y1 x2 y2 in pixels of the picture, finite. A box without area gives an empty mask.
PastedMasks paste_masks(const MaskPasteParams& params, const float* probabilities, const float* boxes, Executor& executor);

}  // namespace icconv

#endif  // ICCONV_OPS_MASK_PASTE_MASK_PASTE_H_
