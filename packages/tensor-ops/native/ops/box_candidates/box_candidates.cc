#include "common/strict_float.h"

#include "ops/box_candidates/box_candidates.h"

#include <algorithm>
#include <cmath>

namespace icconv {
namespace {

// Lower and upper end along one axis.
struct Side {
    float low, high;
};

Side decode(float shift, float log_scale, float low, float high, float log_scale_limit, float most) {
    const float length = high - low;
    const float centre = shift * length + (low + length * 0.5f);
    const float half = std::exp(log_scale > log_scale_limit ? log_scale_limit : log_scale) * length * 0.5f;
    const auto cut = [&](float at) { return at < 0 ? 0 : at > most ? most : at; };
    return {cut(centre - half), cut(centre + half)};
}

}  // namespace

void box_candidates(const BoxCandidatesParams& params, const float* deltas, const float* references, const float* scores, float* boxes,
                    float* kept_scores, Executor& executor) {
    constexpr int64_t kOfTask = 2048;
    const int64_t count = params.references * params.candidates;
    const float* const w = params.weights;
    executor.run(static_cast<int>((count + kOfTask - 1) / kOfTask), [&](int task) {
        const int64_t end = std::min(count, (task + 1) * kOfTask);
        for (int64_t i = task * kOfTask; i < end; ++i) {
            const int64_t row = i / params.candidates;
            const float* const r = references + row * 4;
            const float* const d = deltas + (params.delta_columns == 1 ? row : i) * 4;
            const Side x = decode(d[0] / w[0], d[2] / w[2], r[0], r[2], params.log_scale_limit, params.image_width);
            const Side y = decode(d[1] / w[1], d[3] / w[3], r[1], r[3], params.log_scale_limit, params.image_height);
            const float box[] = {x.low, y.low, x.high, y.high};
            std::copy(box, box + 4, boxes + i * 4);
            const bool large = x.high - x.low >= params.min_size && y.high - y.low >= params.min_size;
            kept_scores[i] = large ? scores[i] : kDroppedScore;
        }
    });
}

}  // namespace icconv
