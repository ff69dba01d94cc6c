// What the op of pasting masks shares on the CPU and on the GPU. Run lengths are of the host on both.
#ifndef ICCONV_BINDING_MASK_PASTE_BASE_H_
#define ICCONV_BINDING_MASK_PASTE_BASE_H_

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "binding/op.h"
#include "binding/tf_executor.h"
#include "ops/mask_paste/mask_paste.h"
#include "tensorflow/core/framework/op_kernel.h"

namespace icconv {

// Device: OnCpu or OnGpu, whose floats() gives a tensor's numbers on the host.
template <typename Device>
class PasteMasksOp final : public Op {
public:
    explicit PasteMasksOp(tensorflow::OpKernelConstruction* context) : Op(context) {
        OP_REQUIRES_OK(context, context->GetAttr("threshold", &params_.threshold));
        OP_REQUIRES_OK(context, context->GetAttr("whole_boxes", &params_.whole_boxes));
    }

    void run(tensorflow::OpKernelContext* context) override {
        const tensorflow::Tensor& probabilities = context->input(0);
        const tensorflow::Tensor& boxes = context->input(1);
        const tensorflow::Tensor& size = context->input(2);
        OP_REQUIRES(context, probabilities.dims() == 3 && probabilities.dim_size(1) == probabilities.dim_size(2) && probabilities.dim_size(1) > 0,
                    invalid_argument("probabilities must have shape [N, S, S], received ", probabilities.shape().DebugString()));
        MaskPasteParams params = params_;
        params.masks = probabilities.dim_size(0);
        params.size = probabilities.dim_size(1);
        OP_REQUIRES(context, boxes.dims() == 2 && boxes.dim_size(0) == params.masks && boxes.dim_size(1) == 4,
                    invalid_argument("boxes must have shape [", params.masks, ", 4], received ", boxes.shape().DebugString()));
        OP_REQUIRES(context, size.NumElements() == 2, invalid_argument("size must have 2 numbers"));
        params.height = size.flat<int32_t>()(0);
        params.width = size.flat<int32_t>()(1);
        OP_REQUIRES(context, element_count({params.height, params.width}) > 0, invalid_argument("size must be that of a picture"));
        Device device(context);
        const float* corners = device.floats(boxes);
        OP_REQUIRES(context, std::all_of(corners, corners + 4 * params.masks, [](float v) { return std::isfinite(v); }),
                    invalid_argument("a box holds a number that is not finite"));
        TfExecutor executor(context);
        const PastedMasks pasted = paste_masks(params, device.floats(probabilities), corners, executor);
        tensorflow::Tensor* counts = nullptr;
        tensorflow::Tensor* lengths = nullptr;
        OP_REQUIRES_OK(context, allocate_output(context, 0, "counts", {static_cast<int64_t>(pasted.counts.size())}, &counts));
        OP_REQUIRES_OK(context, allocate_output(context, 1, "lengths", {params.masks}, &lengths));
        std::copy(pasted.counts.begin(), pasted.counts.end(), counts->flat<int32_t>().data());
        std::copy(pasted.lengths.begin(), pasted.lengths.end(), lengths->flat<int32_t>().data());
    }

private:
    MaskPasteParams params_{};
};

}  // namespace icconv

#endif  // ICCONV_BINDING_MASK_PASTE_BASE_H_
