// TensorFlow op IcconvDilationSums over ops/dilation_errors, for the GPU alone: what follows TensorFlow's convolutions of the classes of taps there.
#include <limits>

#include "binding/gpu/on_gpu.h"
#include "ops/dilation_errors/dilation_errors_cuda.h"
#include "tensorflow/core/framework/common_shape_fns.h"
#include "tensorflow/core/framework/op.h"
#include "tensorflow/core/framework/op_kernel.h"

namespace icconv {
namespace {

using tensorflow::OpKernelConstruction;
using tensorflow::OpKernelContext;
using tensorflow::Tensor;

// classes [N, H, W, O] each, in the order of dilation_errors.cu; outputs as those of IcconvDilationErrors.
REGISTER_OP("IcconvDilationSums")
    .Input("classes: N * float")
    .Output("output: float")
    .Output("errors: float")
    .Output("whole: float")
    .Attr("N: int >= 1")
    .Attr("max_dilation: int >= 1")
    .Attr("radius: int >= 1")
    .SetShapeFn(tensorflow::shape_inference::UnknownShape);

class DilationSumsOp final : public Op {
public:
    explicit DilationSumsOp(OpKernelConstruction* context) : Op(context) {
        OP_REQUIRES_OK(context, context->GetAttr("max_dilation", &max_dilation_));
        OP_REQUIRES_OK(context, context->GetAttr("radius", &radius_));
    }

    void run(OpKernelContext* context) override {
        tensorflow::OpInputList classes;
        OP_REQUIRES_OK(context, context->input_list("classes", &classes));
        const int64_t axis = dilation_axis(max_dilation_, radius_);
        OP_REQUIRES(context, axis <= classes.size() && axis * axis == classes.size(),
                    invalid_argument("classes must be as many as max_dilation and radius say, received ", classes.size()));
        const tensorflow::TensorShape& shape = classes[0].shape();
        OP_REQUIRES(context, shape.dims() == 4 && shape.num_elements() > 0 && shape.dim_size(3) <= std::numeric_limits<int32_t>::max(),
                    invalid_argument("classes must have shape [N, H, W, O], received ", shape.DebugString()));
        Array<const float*> maps;
        for (const Tensor& one : classes) {
            OP_REQUIRES(context, one.shape() == shape, invalid_argument("classes must have one shape, received ", one.shape().DebugString()));
            maps.push_back(one.flat<float>().data());
        }
        const int64_t channels = shape.dim_size(3), dilations = static_cast<int64_t>(max_dilation_) * max_dilation_;
        OnGpu gpu(context);
        Tensor *y = nullptr, *errors = nullptr, *whole = nullptr;
        OP_REQUIRES_OK(context, gpu.allocate(0, "output", shape, &y));
        OP_REQUIRES_OK(context, gpu.allocate(1, "errors", {dilations, channels}, &errors));
        OP_REQUIRES_OK(context, gpu.allocate(2, "whole", {channels}, &whole));
        const float* const* const placed = gpu.place(maps.data(), static_cast<int64_t>(maps.size()));
        dilation_errors_cuda(placed, max_dilation_, radius_, shape.num_elements() / channels, static_cast<int>(channels),
                             {y->flat<float>().data(), errors->flat<float>().data(), whole->flat<float>().data()}, gpu);
    }

private:
    int max_dilation_ = 1;
    int radius_ = 1;
};

REGISTER_KERNEL_BUILDER(Name("IcconvDilationSums").Device(tensorflow::DEVICE_GPU), DilationSumsOp);

}  // namespace
}  // namespace icconv
