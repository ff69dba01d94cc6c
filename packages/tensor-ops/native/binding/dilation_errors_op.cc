// TensorFlow op IcconvDilationErrors over ops/dilation_errors; README.md there has its interface.
#include <cstdint>
#include <limits>
#include <vector>

#include "binding/op.h"
#include "binding/tf_executor.h"
#include "ops/dilation_errors/dilation_errors.h"
#include "tensorflow/core/framework/common_shape_fns.h"
#include "tensorflow/core/framework/op.h"
#include "tensorflow/core/framework/op_kernel.h"

namespace icconv {
namespace {

using tensorflow::OpKernelConstruction;
using tensorflow::OpKernelContext;
using tensorflow::Tensor;

REGISTER_OP("IcconvDilationErrors")
    .Input("input: float")
    .Input("filter: float")
    .Output("output: float")
    .Output("errors: float")
    .Output("whole: float")
    .Attr("max_dilation: int >= 1")
    .Attr("strides: list(int) >= 2 = [1, 1]")
    .Attr("groups: int >= 1 = 1")
    .SetShapeFn(tensorflow::shape_inference::UnknownShape);

class DilationErrorsOp final : public Op {
public:
    explicit DilationErrorsOp(OpKernelConstruction* context) : Op(context) {
        OP_REQUIRES_OK(context, context->GetAttr("max_dilation", &params_.max_dilation));
        OP_REQUIRES_OK(context, context->GetAttr("groups", &params_.groups));
        std::vector<int32_t> strides;
        OP_REQUIRES_OK(context, context->GetAttr("strides", &strides));
        OP_REQUIRES(context, strides.size() == 2 && strides[0] >= 1 && strides[1] >= 1,
                    invalid_argument("strides must be two numbers of at least 1"));
        params_.stride_h = strides[0];
        params_.stride_w = strides[1];
    }

    void run(OpKernelContext* context) override {
        const Tensor& x = context->input(0);
        const Tensor& filter = context->input(1);
        DilationErrorsParams params = params_;
        OP_REQUIRES(context, filter.dims() == 4 && filter.NumElements() > 0 && filter.dim_size(0) == filter.dim_size(1),
                    invalid_argument("filter must have shape [K, K, C/G, O], received ", filter.shape().DebugString()));
        const int64_t side = filter.dim_size(0);
        OP_REQUIRES(context, side > 1 && (side - 1) % (2 * static_cast<int64_t>(params.max_dilation)) == 0,
                    invalid_argument("filter must have side 2*r*", params.max_dilation, " + 1, received ", filter.shape().DebugString()));
        OP_REQUIRES(context, x.dims() == 4 && x.NumElements() > 0 && x.dim_size(3) == filter.dim_size(2) * params.groups,
                    invalid_argument("input must have shape [N, H, W, ", filter.dim_size(2) * params.groups, "], received ",
                                     x.shape().DebugString()));
        for (int axis = 0; axis < 4; ++axis) {
            constexpr int64_t kMost = std::numeric_limits<int32_t>::max() / 2;
            OP_REQUIRES(context, x.dim_size(axis) <= kMost && filter.dim_size(axis) <= kMost,
                        invalid_argument("input or filter is too large, received ", x.shape().DebugString()));
        }
        const int64_t out_c = filter.dim_size(3);
        OP_REQUIRES(context, out_c % params.groups == 0,
                    invalid_argument("groups must divide ", out_c, " output channels, received ", params.groups));
        params.batch = static_cast<int>(x.dim_size(0));
        params.in_h = static_cast<int>(x.dim_size(1));
        params.in_w = static_cast<int>(x.dim_size(2));
        params.in_c = static_cast<int>(x.dim_size(3));
        params.out_c = static_cast<int>(out_c);
        params.radius = static_cast<int>((side - 1) / 2 / params.max_dilation);
        Tensor* y = nullptr;
        Tensor* errors = nullptr;
        Tensor* whole = nullptr;
        OP_REQUIRES_OK(context, allocate_output(context, 0, "output", {params.batch, params.out_h(), params.out_w(), out_c}, &y));
        OP_REQUIRES_OK(context, allocate_output(context, 1, "errors", {params.dilations(), out_c}, &errors));
        OP_REQUIRES_OK(context, allocate_output(context, 2, "whole", {out_c}, &whole));
        TfExecutor executor(context);
        dilation_errors(params, x.flat<float>().data(), filter.flat<float>().data(),
                        {y->flat<float>().data(), errors->flat<float>().data(), whole->flat<float>().data()}, executor);
    }

private:
    DilationErrorsParams params_{};
};

REGISTER_KERNEL_BUILDER(Name("IcconvDilationErrors").Device(tensorflow::DEVICE_CPU), DilationErrorsOp);

}  // namespace
}  // namespace icconv
