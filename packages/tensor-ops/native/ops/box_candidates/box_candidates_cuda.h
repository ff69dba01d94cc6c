// Boxes from deltas on CUDA; kernel: box_candidates.cu.
#ifndef ICCONV_OPS_BOX_CANDIDATES_CUDA_H_
#define ICCONV_OPS_BOX_CANDIDATES_CUDA_H_

#include "cuda/launcher.h"
#include "ops/box_candidates/box_candidates.cuh"

namespace icconv {

// As box_candidates(); all pointers are the device's.
void box_candidates_cuda(const BoxCandidatesParams& params, const float* deltas, const float* references, const float* scores, float* boxes,
                         float* kept_scores, Launcher& launcher);

}  // namespace icconv

#endif  // ICCONV_OPS_BOX_CANDIDATES_CUDA_H_
