// TensorFlow op IcconvNms over ops/nms.
#include <algorithm>
#include <limits>

#include "binding/op.h"
#include "binding/tf_executor.h"
#include "ops/nms/nms.h"
#include "tensorflow/core/framework/common_shape_fns.h"
#include "tensorflow/core/framework/op.h"
#include "tensorflow/core/framework/op_kernel.h"

namespace icconv {
namespace {

using tensorflow::OpKernelConstruction;
using tensorflow::OpKernelContext;
using tensorflow::Tensor;

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

class NmsOp final : public Op {
public:
    explicit NmsOp(OpKernelConstruction* context) : Op(context) {
        OP_REQUIRES_OK(context, context->GetAttr("iou_threshold", &params_.iou_threshold));
        OP_REQUIRES_OK(context, context->GetAttr("score_threshold", &params_.score_threshold));
        OP_REQUIRES_OK(context, context->GetAttr("use_score_threshold", &params_.use_score_threshold));
        OP_REQUIRES_OK(context, context->GetAttr("max_output", &params_.max_output));
        OP_REQUIRES(context, params_.iou_threshold >= 0, invalid_argument("iou_threshold must be at least 0, received ", params_.iou_threshold));
    }

    void run(OpKernelContext* context) override {
        const Tensor& boxes = context->input(0);
        const Tensor& scores = context->input(1);
        const Tensor& groups = context->input(2);
        OP_REQUIRES(context, boxes.dims() == 2 && boxes.dim_size(1) == 4,
                    invalid_argument("boxes must have shape [N, 4], received ", boxes.shape().DebugString()));
        const int64_t count = boxes.dim_size(0);
        OP_REQUIRES(context, count < std::numeric_limits<int32_t>::max(), invalid_argument("too many boxes: ", count));
        OP_REQUIRES(context, scores.dims() == 1 && scores.dim_size(0) == count,
                    invalid_argument("scores must have shape [", count, "], received ", scores.shape().DebugString()));
        OP_REQUIRES(context, groups.dims() == 1 && (groups.dim_size(0) == 0 || groups.dim_size(0) == count),
                    invalid_argument("groups must have shape [0] or [", count, "], received ", groups.shape().DebugString()));
        const float* score_data = scores.flat<float>().data();
        const int64_t bad = first_nan_score(score_data, count);
        // The TypeScript side looks for "score <index>" in this message; see src/ops/nms/nms-native.ts.
        OP_REQUIRES(context, bad < 0, invalid_argument("score ", bad, " is NaN"));
        TfExecutor executor(context);
        const int32_t* group_data = groups.dim_size(0) == 0 ? nullptr : groups.flat<int32_t>().data();
        const Array<int32_t> kept = nms(params_, boxes.flat<float>().data(), score_data, group_data, count, executor);
        Tensor* output = nullptr;
        OP_REQUIRES_OK(context, allocate_output(context, 0, "kept", {static_cast<int64_t>(kept.size())}, &output));
        std::copy(kept.begin(), kept.end(), output->flat<int32_t>().data());
    }

private:
    NmsParams params_{};
};

REGISTER_KERNEL_BUILDER(Name("IcconvNms").Device(tensorflow::DEVICE_CPU), NmsOp);

}  // namespace
}  // namespace icconv
