// What the op of non-maximum suppression shares on the CPU and on the GPU: its attributes and the checks of its inputs.
#ifndef ICCONV_BINDING_NMS_BASE_H_
#define ICCONV_BINDING_NMS_BASE_H_

#include <algorithm>
#include <cstdint>
#include <limits>

#include "binding/op.h"
#include "common/memory.h"
#include "ops/nms/nms.h"
#include "tensorflow/core/framework/op_kernel.h"

namespace icconv {

// Device: where boxes and scores lie. Its scores() gives these on the host, where groups are and kept boxes go; kept() is nms().
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
        Device device(context);
        const float* score_data = device.scores(scores);
        const int64_t bad = first_nan_score(score_data, count);
        // The TypeScript side looks for "score <index>" in this message; see src/ops/nms/nms-native.ts.
        OP_REQUIRES(context, bad < 0, invalid_argument("score ", bad, " is NaN"));
        const int32_t* group_data = groups.dim_size(0) == 0 ? nullptr : groups.flat<int32_t>().data();
        const Array<int32_t> kept = device.kept(params_, boxes.flat<float>().data(), score_data, group_data, count);
        tensorflow::Tensor* output = nullptr;
        OP_REQUIRES_OK(context, allocate_output(context, 0, "kept", {static_cast<int64_t>(kept.size())}, &output));
        std::copy(kept.begin(), kept.end(), output->flat<int32_t>().data());
    }

private:
    NmsParams params_{};
};

}  // namespace icconv

#endif  // ICCONV_BINDING_NMS_BASE_H_
