// What the op of boxes from deltas shares on the CPU and on the GPU: its attributes and the checks of its inputs.
#ifndef ICCONV_BINDING_BOX_CANDIDATES_BASE_H_
#define ICCONV_BINDING_BOX_CANDIDATES_BASE_H_

#include <algorithm>
#include <cstdint>
#include <vector>

#include "binding/op.h"
#include "ops/box_candidates/box_candidates.cuh"
#include "tensorflow/core/framework/op_kernel.h"

namespace icconv {

// Device: OnCpu or OnGpu with box_candidates() as decode(). The size is of the host.
template <typename Device>
class BoxCandidatesOp final : public Op {
public:
    explicit BoxCandidatesOp(tensorflow::OpKernelConstruction* context) : Op(context) {
        std::vector<float> weights;
        OP_REQUIRES_OK(context, context->GetAttr("weights", &weights));
        OP_REQUIRES_OK(context, context->GetAttr("log_scale_limit", &params_.log_scale_limit));
        OP_REQUIRES_OK(context, context->GetAttr("min_size", &params_.min_size));
        OP_REQUIRES(context, weights.size() == 4, invalid_argument("weights must have 4 numbers, received ", weights.size()));
        std::copy(weights.begin(), weights.end(), params_.weights);
    }

    void run(tensorflow::OpKernelContext* context) override {
        const tensorflow::Tensor& deltas = context->input(0);
        const tensorflow::Tensor& references = context->input(1);
        const tensorflow::Tensor& scores = context->input(2);
        const tensorflow::Tensor& size = context->input(3);
        OP_REQUIRES(context, references.dims() == 2 && references.dim_size(1) == 4,
                    invalid_argument("references must have shape [R, 4], received ", references.shape().DebugString()));
        BoxCandidatesParams params = params_;
        params.references = references.dim_size(0);
        OP_REQUIRES(context, scores.dims() == 2 && scores.dim_size(0) == params.references && scores.dim_size(1) > 0,
                    invalid_argument("scores must have shape [", params.references, ", K], received ", scores.shape().DebugString()));
        params.candidates = scores.dim_size(1);
        OP_REQUIRES(context,
                    deltas.dims() == 3 && deltas.dim_size(0) == params.references && deltas.dim_size(2) == 4 &&
                        (deltas.dim_size(1) == 1 || deltas.dim_size(1) == params.candidates),
                    invalid_argument("deltas must have shape [", params.references, ", 1 or ", params.candidates, ", 4], received ",
                                     deltas.shape().DebugString()));
        params.delta_columns = deltas.dim_size(1);
        OP_REQUIRES(context, size.NumElements() == 2, invalid_argument("size must have 2 numbers"));
        params.image_height = static_cast<float>(size.flat<int32_t>()(0));
        params.image_width = static_cast<float>(size.flat<int32_t>()(1));
        const int64_t count = scores.NumElements();
        Device device(context);
        tensorflow::Tensor* boxes = nullptr;
        tensorflow::Tensor* kept_scores = nullptr;
        OP_REQUIRES_OK(context, device.allocate(0, "boxes", {count, 4}, &boxes));
        OP_REQUIRES_OK(context, device.allocate(1, "kept_scores", {count}, &kept_scores));
        if (count == 0) return;
        device.decode(params, deltas.flat<float>().data(), references.flat<float>().data(), scores.flat<float>().data(), boxes->flat<float>().data(),
                      kept_scores->flat<float>().data());
    }

private:
    BoxCandidatesParams params_{};
};

}  // namespace icconv

#endif  // ICCONV_BINDING_BOX_CANDIDATES_BASE_H_
