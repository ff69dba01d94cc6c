// Boxes from the deltas that a network gives for reference boxes: decoded, cut at the image, and marked where they are too small, in one pass.
//
// With w, h the reference's sides and cx, cy its centre, as in Girshick et al., "Rich feature hierarchies", CVPR 2014, appendix C:
//     cx' = dx w + cx    w' = exp(dw) w    (likewise y, h)
#ifndef ICCONV_OPS_BOX_CANDIDATES_BOX_CANDIDATES_H_
#define ICCONV_OPS_BOX_CANDIDATES_BOX_CANDIDATES_H_

#include "common/executor.h"
#include "ops/box_candidates/box_candidates.cuh"

namespace icconv {

// deltas [R, K or 1, 4]; references [R, 4] x1 y1 x2 y2; scores [R, K]. boxes [R, K, 4]; kept_scores [R, K]: scores, or kDroppedScore. A number that is
// none stays so in its box, which is dropped.
void box_candidates(const BoxCandidatesParams& params, const float* deltas, const float* references, const float* scores, float* boxes,
                    float* kept_scores, Executor& executor);

}  // namespace icconv

#endif  // ICCONV_OPS_BOX_CANDIDATES_BOX_CANDIDATES_H_
