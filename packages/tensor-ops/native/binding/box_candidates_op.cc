// TensorFlow op IcconvBoxCandidates over ops/box_candidates.
#include "binding/box_candidates_base.h"
#include "binding/on_cpu.h"
#include "ops/box_candidates/box_candidates.h"
#include "tensorflow/core/framework/common_shape_fns.h"
#include "tensorflow/core/framework/op.h"
#include "tensorflow/core/framework/op_kernel.h"

namespace icconv {
namespace {

// deltas [R, K or 1, 4]; references [R, 4] x1 y1 x2 y2; scores [R, K]; size [2]: height and width of the image, an input because pictures differ and
// TensorFlow keeps a kernel for every set of attributes. boxes [R K, 4]; kept_scores [R K], -1 for what is too small.
REGISTER_OP("IcconvBoxCandidates")
    .Input("deltas: float")
    .Input("references: float")
    .Input("scores: float")
    .Input("size: int32")
    .Output("boxes: float")
    .Output("kept_scores: float")
    .Attr("weights: list(float) >= 4")
    .Attr("log_scale_limit: float")
    .Attr("min_size: float")
    .SetShapeFn(tensorflow::shape_inference::UnknownShape);

class BoxCandidatesOnCpu : public OnCpu {
public:
    using OnCpu::OnCpu;

    void decode(const BoxCandidatesParams& params, const float* deltas, const float* references, const float* scores, float* boxes, float* kept_scores) {
        box_candidates(params, deltas, references, scores, boxes, kept_scores, executor_);
    }
};

REGISTER_KERNEL_BUILDER(Name("IcconvBoxCandidates").Device(tensorflow::DEVICE_CPU), BoxCandidatesOp<BoxCandidatesOnCpu>);

}  // namespace
}  // namespace icconv
