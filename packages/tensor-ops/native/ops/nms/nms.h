// Non-maximum suppression: walks boxes from the highest score down and keeps each that overlaps no kept one of its group by more
// than a threshold.
//
// Exactly the greedy algorithm, with the reference's (torchvision.ops.nms) float32 arithmetic, so that the kept set is the same to
// the last box: IoU = inter / (area_a + area_b - inter), suppressed when IoU > threshold, equal scores by lower index first.
#ifndef ICCONV_OPS_NMS_NMS_H_
#define ICCONV_OPS_NMS_NMS_H_

#include <cstdint>

#include "common/memory.h"
#include "common/executor.h"

namespace icconv {

struct NmsParams {
    // 0 to 1. IoU > threshold suppresses; to follow a threshold given in double precision, round it down to float.
    float iou_threshold;
    // Boxes whose score is not above this are left out; -infinity leaves out only scores of -infinity unless `use_score_threshold`
    // is false.
    float score_threshold;
    bool use_score_threshold;
    // At most this many; negative for no limit.
    int64_t max_output;
};

// Index of the first NaN score, or -1. nms() trusts that there is none.
int64_t first_nan_score(const float* scores, int64_t count);

// boxes [count, 4] x1 y1 x2 y2; groups [count] any integers, or null when all boxes compete. Returns indices by descending score.
// A box without positive width and height, or with a coordinate that is not finite, overlaps nothing: it is kept.
Array<int32_t> nms(const NmsParams& params, const float* boxes, const float* scores, const int32_t* groups, int64_t count,
                         Executor& executor);

}  // namespace icconv

#endif  // ICCONV_OPS_NMS_NMS_H_
