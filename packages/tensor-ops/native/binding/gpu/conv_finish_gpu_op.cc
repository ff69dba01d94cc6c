// TensorFlow op IcconvConvFinish over ops/conv_finish, for the GPU alone: what follows TensorFlow's convolution there.
#include "binding/gpu/on_gpu.h"
#include "ops/conv_finish/conv_finish_cuda.h"
#include "tensorflow/core/framework/common_shape_fns.h"
#include "tensorflow/core/framework/op.h"
#include "tensorflow/core/framework/op_kernel.h"

namespace icconv {
namespace {

using tensorflow::OpKernelConstruction;
using tensorflow::OpKernelContext;
using tensorflow::Tensor;

// input [..., C]; bias [C] or [0], residual as input or [0].
REGISTER_OP("IcconvConvFinish")
    .Input("input: float")
    .Input("bias: float")
    .Input("residual: float")
    .Output("output: float")
    .Attr("activation: {'linear', 'relu'} = 'linear'")
    .SetShapeFn(tensorflow::shape_inference::UnknownShape);

class ConvFinishOp final : public Op {
public:
    explicit ConvFinishOp(OpKernelConstruction* context) : Op(context) {
        std::string activation;
        OP_REQUIRES_OK(context, context->GetAttr("activation", &activation));
        relu_ = activation == "relu";
    }

    void run(OpKernelContext* context) override {
        const Tensor& input = context->input(0);
        const Tensor& bias = context->input(1);
        const Tensor& residual = context->input(2);
        OP_REQUIRES(context, input.dims() >= 1, invalid_argument("input must have at least one axis"));
        const int64_t channels = input.dim_size(input.dims() - 1);
        OP_REQUIRES(context, bias.NumElements() == 0 || bias.NumElements() == channels,
                    invalid_argument("bias must have shape [0] or [", channels, "], received ", bias.shape().DebugString()));
        OP_REQUIRES(context, residual.NumElements() == 0 || residual.shape() == input.shape(), invalid_argument("residual must have the shape of input"));
        OnGpu gpu(context);
        Tensor* output = nullptr;
        OP_REQUIRES_OK(context, gpu.allocate(0, "output", input.shape(), &output));
        if (input.NumElements() == 0) return;
        const auto data = [](const Tensor& tensor) { return tensor.NumElements() == 0 ? nullptr : tensor.flat<float>().data(); };
        conv_finish_cuda(input.NumElements() / channels, static_cast<int>(channels), data(input), data(bias), data(residual), relu_,
                         output->flat<float>().data(), gpu.launcher());
    }

private:
    bool relu_ = false;
};

REGISTER_KERNEL_BUILDER(Name("IcconvConvFinish").Device(tensorflow::DEVICE_GPU), ConvFinishOp);

}  // namespace
}  // namespace icconv
