#include "ops/image_batch/plan.h"

#include <algorithm>

namespace icconv::image_batch_detail {

Plan make_plan(const ImageBatchParams& params, const SourceImage& source, const Placement& placement) {
    Plan plan{&placement, source, placement.map[1] == 0 && placement.map[3] == 0, false, {}, {}, {}, {}, {}, {}};
    plan.direct = !placement.has_colour && !params.round && !params.opencv && !params.reversed;
    for (int c = 0; c < 3; ++c) {
        plan.fill[c] = params.fill[params.reversed ? 2 - c : c] * params.scale[c] + params.bias[c];
        plan.border[c] = static_cast<uint8_t>(std::min(std::max(params.fill[c], 0.0f), 255.0f));
    }
    if (params.opencv && !plan.separable) {
        for (int64_t x = placement.left; x < placement.right; ++x) {
            plan.step_x.push_back(warp_fixed(placement.map[0] * static_cast<double>(x)));
            plan.step_y.push_back(warp_fixed(placement.map[3] * static_cast<double>(x)));
        }
    } else if (params.opencv) {
        plan.x = make_warp_axis(placement.left, placement.right, placement.map[0], placement.map[2], source.width, false);
        plan.y = make_warp_axis(placement.top, placement.bottom, placement.map[4], placement.map[5], source.height, true);
    } else if (plan.separable) {
        plan.x = make_axis(placement.left, placement.right, placement.map[0], placement.map[2], source.width, params.antialias);
        plan.y = make_axis(placement.top, placement.bottom, placement.map[4], placement.map[5], source.height, params.antialias);
    }
    return plan;
}

}  // namespace icconv::image_batch_detail
