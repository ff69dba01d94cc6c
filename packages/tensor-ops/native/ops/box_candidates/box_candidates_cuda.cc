#include "ops/box_candidates/box_candidates_cuda.h"

namespace icconv {
namespace {

constexpr CudaKernel kKernel{"box_candidates", "icconv_box_candidates"};

}  // namespace

void box_candidates_cuda(const BoxCandidatesParams& params, const float* deltas, const float* references, const float* scores, float* boxes,
                         float* kept_scores, Launcher& launcher) {
    const int64_t count = params.references * params.candidates;
    const auto blocks = static_cast<unsigned>((count + kBoxCandidatesThreads - 1) / kBoxCandidatesThreads);
    launcher.launch(kKernel, {blocks, kBoxCandidatesThreads}, params, deltas, references, scores, boxes, kept_scores);
}

}  // namespace icconv
