// How a placement is painted, whoever does it. Internal to this folder.
#ifndef ICCONV_OPS_IMAGE_BATCH_PLAN_H_
#define ICCONV_OPS_IMAGE_BATCH_PLAN_H_

#include <cstdint>

#include "common/memory.h"
#include "ops/image_batch/image_batch.h"
#include "ops/image_batch/resampling.h"

namespace icconv::image_batch_detail {

// What is the same for every row of a placement.
struct Plan {
    const Placement* placement;
    SourceImage source;
    bool separable;
    // Nothing happens between sampling and normalising, so that the two are one.
    bool direct;
    Axis x, y;
    // Normalised, and as a pixel of the source.
    float fill[3];
    uint8_t border[3];
    // Of a warp that turns: each column's part of the position.
    Array<int64_t> step_x, step_y;
};

Plan make_plan(const ImageBatchParams& params, const SourceImage& source, const Placement& placement);

// Of a warp that turns: row y's part of the position on one axis, `map` being its three numbers.
inline int64_t warp_origin(const double* map, int64_t y) {
    return warp_fixed(map[1] * static_cast<double>(y) + (map[2] + 0.5 * (map[0] + map[1]) - 0.5)) + kWarpHalf;
}

}  // namespace icconv::image_batch_detail

#endif  // ICCONV_OPS_IMAGE_BATCH_PLAN_H_
