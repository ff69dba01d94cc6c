// The op of box_candidates_op.cc on the GPU, over box_candidates_cuda.h.
#include "binding/box_candidates_base.h"
#include "binding/gpu/on_gpu.h"
#include "ops/box_candidates/box_candidates_cuda.h"

namespace icconv {
namespace {

class BoxCandidatesOnGpu : public OnGpu {
public:
    using OnGpu::OnGpu;

    void decode(const BoxCandidatesParams& params, const float* deltas, const float* references, const float* scores, float* boxes, float* kept_scores) {
        box_candidates_cuda(params, deltas, references, scores, boxes, kept_scores, launcher());
    }
};

REGISTER_KERNEL_BUILDER(Name("IcconvBoxCandidates").Device(tensorflow::DEVICE_GPU).HostMemory("size"), BoxCandidatesOp<BoxCandidatesOnGpu>);

}  // namespace
}  // namespace icconv
