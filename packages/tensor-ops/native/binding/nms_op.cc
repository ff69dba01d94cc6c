// TensorFlow op IcconvNms over ops/nms.
#include <algorithm>

#include "binding/nms_base.h"
#include "binding/on_cpu.h"
#include "common/memory.h"
#include "ops/nms/nms.h"
#include "tensorflow/core/framework/common_shape_fns.h"
#include "tensorflow/core/framework/op.h"
#include "tensorflow/core/framework/op_kernel.h"

namespace icconv {
namespace {

// boxes [N, 4] x1 y1 x2 y2; scores [N]; groups [N], or [0] when all boxes compete. Output: kept indices by descending score.
REGISTER_OP("IcconvNms")
    .Input("boxes: float")
    .Input("scores: float")
    .Input("groups: int32")
    .Output("kept: int32")
    .Attr("iou_threshold: float")
    .Attr("score_threshold: float")
    .Attr("use_score_threshold: bool")
    .Attr("max_output: int")
    .SetShapeFn(tensorflow::shape_inference::UnknownShape);

class NmsOnCpu : public OnCpu {
public:
    using OnCpu::OnCpu;

    absl::Status suppress(const NmsParams& params, const float* boxes, const float* scores, const int32_t* groups, int64_t count) {
        if (const int64_t bad = first_nan_score(scores, count); bad >= 0) return nan_score(bad);
        const Array<int32_t> kept = nms(params, boxes, scores, groups, count, executor_);
        tensorflow::Tensor* output = nullptr;
        TF_RETURN_IF_ERROR(allocate(0, "kept", {static_cast<int64_t>(kept.size())}, &output));
        std::copy(kept.begin(), kept.end(), output->flat<int32_t>().data());
        return absl::OkStatus();
    }
};

REGISTER_KERNEL_BUILDER(Name("IcconvNms").Device(tensorflow::DEVICE_CPU), NmsOp<NmsOnCpu>);

}  // namespace
}  // namespace icconv
