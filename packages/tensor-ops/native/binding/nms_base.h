// What the op of non-maximum suppression shares on the CPU and on the GPU: its attributes and the checks of its inputs.
#ifndef ICCONV_BINDING_NMS_BASE_H_
#define ICCONV_BINDING_NMS_BASE_H_

#include <cstdint>
#include <limits>

#include "binding/op.h"
#include "ops/nms/nms.h"
#include "tensorflow/core/framework/op_kernel.h"

namespace icconv {

// The TypeScript side looks for "score <index>" in this message; see src/ops/nms/nms-native.ts.
inline absl::Status nan_score(int64_t index) { return invalid_argument("score ", index, " is NaN"); }

// Device: OnCpu or OnGpu with suppress(), which makes the output by nms(). Groups are of the host.
template <typename Device>
class NmsOp final : public Op {
public:
    explicit NmsOp(tensorflow::OpKernelConstruction* context) : Op(context) {
        OP_REQUIRES_OK(context, context->GetAttr("iou_threshold", &params_.iou_threshold));
        OP_REQUIRES_OK(context, context->GetAttr("score_threshold", &params_.score_threshold));
        OP_REQUIRES_OK(context, context->GetAttr("use_score_threshold", &params_.use_score_threshold));
        OP_REQUIRES_OK(context, context->GetAttr("max_output", &params_.max_output));
        OP_REQUIRES(context, params_.iou_threshold >= 0, invalid_argument("iou_threshold must be at least 0, received ", params_.iou_threshold));
    }

    void run(tensorflow::OpKernelContext* context) override {
        const tensorflow::Tensor& boxes = context->input(0);
        const tensorflow::Tensor& scores = context->input(1);
        const tensorflow::Tensor& groups = context->input(2);
        OP_REQUIRES(context, boxes.dims() == 2 && boxes.dim_size(1) == 4,
                    invalid_argument("boxes must have shape [N, 4], received ", boxes.shape().DebugString()));
        const int64_t count = boxes.dim_size(0);
        OP_REQUIRES(context, count < std::numeric_limits<int32_t>::max(), invalid_argument("too many boxes: ", count));
        OP_REQUIRES(context, scores.dims() == 1 && scores.dim_size(0) == count,
                    invalid_argument("scores must have shape [", count, "], received ", scores.shape().DebugString()));
        OP_REQUIRES(context, groups.dims() == 1 && (groups.dim_size(0) == 0 || groups.dim_size(0) == count),
                    invalid_argument("groups must have shape [0] or [", count, "], received ", groups.shape().DebugString()));
        const int32_t* group_data = groups.dim_size(0) == 0 ? nullptr : groups.flat<int32_t>().data();
        Device device(context);
        OP_REQUIRES_OK(context, device.suppress(params_, boxes.flat<float>().data(), scores.flat<float>().data(), group_data, count));
    }

private:
    NmsParams params_{};
};

}  // namespace icconv

#endif  // ICCONV_BINDING_NMS_BASE_H_
