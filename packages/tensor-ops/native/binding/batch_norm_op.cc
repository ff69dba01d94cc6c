// TensorFlow ops of batch normalisation in training, over ops/batch_norm.
#include "binding/batch_norm_base.h"
#include "binding/on_cpu.h"
#include "tensorflow/core/framework/common_shape_fns.h"
#include "tensorflow/core/framework/op.h"
#include "tensorflow/core/framework/op_kernel.h"

namespace icconv {
namespace {

// input [..., C], weight and bias [C], residual: none or one like input. variance divides by the number of values.
REGISTER_OP("IcconvBatchNorm")
    .Input("input: float")
    .Input("weight: float")
    .Input("bias: float")
    .Input("residual: R * float")
    .Output("output: float")
    .Output("mean: float")
    .Output("variance: float")
    .Attr("R: int >= 0")
    .Attr("epsilon: float = 0.00001")
    .Attr("relu: bool = false")
    .SetShapeFn(tensorflow::shape_inference::UnknownShape);

// output: with ReLU the op's, else none. dresidual: with R = 1.
REGISTER_OP("IcconvBatchNormGrad")
    .Input("input: float")
    .Input("dy: float")
    .Input("weight: float")
    .Input("mean: float")
    .Input("variance: float")
    .Input("output: Y * float")
    .Output("dinput: float")
    .Output("dweight: float")
    .Output("dbias: float")
    .Output("dresidual: R * float")
    .Attr("R: int >= 0")
    .Attr("Y: int >= 0")
    .Attr("epsilon: float = 0.00001")
    .SetShapeFn(tensorflow::shape_inference::UnknownShape);

class BatchNormOnCpu : public OnCpu {
public:
    using OnCpu::OnCpu;

    template <typename... A>
    void forward(const A&... arguments) {
        batch_norm(arguments..., executor_);
    }
    template <typename... A>
    void grad(const A&... arguments) {
        batch_norm_grad(arguments..., executor_);
    }
};

REGISTER_KERNEL_BUILDER(Name("IcconvBatchNorm").Device(tensorflow::DEVICE_CPU), BatchNormOp<BatchNormOnCpu>);
REGISTER_KERNEL_BUILDER(Name("IcconvBatchNormGrad").Device(tensorflow::DEVICE_CPU), BatchNormGradOp<BatchNormOnCpu>);

}  // namespace
}  // namespace icconv
