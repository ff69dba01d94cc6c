// What box_candidates.cu and host code share.
#ifndef ICCONV_OPS_BOX_CANDIDATES_CUH_
#define ICCONV_OPS_BOX_CANDIDATES_CUH_

#include "cuda/prelude.cuh"

namespace icconv {

// R references, each with K candidates; all have the deltas of their own, or `delta_columns` is 1 and they share them.
struct BoxCandidatesParams {
    int64_t references;
    int64_t candidates;
    int64_t delta_columns;
    // Of dx, dy, dw, dh: deltas are divided by them.
    float weights[4];
    // A side is at most exp(this) times the reference's.
    float log_scale_limit;
    // Boxes are cut at the image, and those with a side of less than min_size are dropped.
    float image_height, image_width, min_size;
};

// In place of the score of what is dropped.
constexpr float kDroppedScore = -1;

constexpr int kBoxCandidatesThreads = 256;

}  // namespace icconv

#endif  // ICCONV_OPS_BOX_CANDIDATES_CUH_
