// Which feature pixels a RoI's bins read, and with what weights.
//
// The average over a bin's sampling grid is separable: the weight of pixel (y, x) is wy * wx, where wy sums the row weights of all
// samples of the bin. So each RoI needs PH + PW short lists instead of PH * PW * samples * 4 entries, and samples that share pixels
// (dense grids on small bins) cost nothing extra.
#ifndef ICCONV_OPS_ROI_ALIGN_ROI_ALIGN_TAPS_H_
#define ICCONV_OPS_ROI_ALIGN_ROI_ALIGN_TAPS_H_

#include <cstdint>

#include "common/memory.h"
#include "ops/roi_align/roi_align.h"

namespace icconv {

struct RoiTap {
    int32_t index;  // row or column
    float weight;
};

// The taps of one bin on one axis; indices lie in [low, high].
struct RoiBin {
    const RoiTap* taps = nullptr;
    int32_t count = 0;
    int32_t low = 0;
    int32_t high = -1;
};

class RoiTaps {
public:
    // `only_level` >= 0 leaves the RoIs of other levels without taps. `levels` holds every level, or from `only_level` one.
    RoiTaps(const RoiAlignParams& params, const RoiAlignLevel* levels, int only_level, const Rois& rois, Executor& executor);

    const RoiBin& row(int64_t roi, int64_t ph) const { return bins_[roi * per_roi_ + ph]; }
    const RoiBin& column(int64_t roi, int64_t pw) const { return bins_[roi * per_roi_ + pooled_height_ + pw]; }

private:
    int64_t pooled_height_;
    int64_t per_roi_;
    Array<RoiBin> bins_;
    Array<Array<RoiTap>> arenas_;
};

}  // namespace icconv

#endif  // ICCONV_OPS_ROI_ALIGN_ROI_ALIGN_TAPS_H_
