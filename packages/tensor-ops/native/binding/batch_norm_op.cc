// TensorFlow ops of batch normalisation in training, over ops/batch_norm.
#include <cstdint>

#include "binding/op.h"
#include "binding/tf_executor.h"
#include "ops/batch_norm/batch_norm.h"
#include "tensorflow/core/framework/common_shape_fns.h"
#include "tensorflow/core/framework/op.h"
#include "tensorflow/core/framework/op_kernel.h"

namespace icconv {
namespace {

using tensorflow::OpInputList;
using tensorflow::OpKernelConstruction;
using tensorflow::OpKernelContext;
using tensorflow::OpOutputList;
using tensorflow::Tensor;

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

const float* read(const Tensor& tensor) { return tensor.flat<float>().data(); }

absl::Status check_channels(const char* name, const Tensor& tensor, int64_t channels) {
    if (tensor.NumElements() == channels) return absl::OkStatus();
    return invalid_argument(name, " must have ", channels, " numbers, received ", tensor.NumElements());
}

absl::Status shape_of(const Tensor& input, BatchNormShape* shape) {
    if (input.dims() < 1) return invalid_argument("input must have at least one axis");
    const int64_t channels = input.dim_size(input.dims() - 1);
    if (channels < 1 || input.NumElements() == 0) return invalid_argument("input must not be empty, received ", input.shape().DebugString());
    *shape = {input.NumElements() / channels, static_cast<int>(channels)};
    return absl::OkStatus();
}

class BatchNormOp final : public Op {
public:
    explicit BatchNormOp(OpKernelConstruction* context) : Op(context) {
        OP_REQUIRES_OK(context, context->GetAttr("epsilon", &epsilon_));
        OP_REQUIRES_OK(context, context->GetAttr("relu", &relu_));
    }

    void run(OpKernelContext* context) override {
        const Tensor& input = context->input(0);
        BatchNormShape shape;
        OP_REQUIRES_OK(context, shape_of(input, &shape));
        OP_REQUIRES_OK(context, check_channels("weight", context->input(1), shape.channels));
        OP_REQUIRES_OK(context, check_channels("bias", context->input(2), shape.channels));
        OpInputList residual;
        OP_REQUIRES_OK(context, context->input_list("residual", &residual));
        OP_REQUIRES(context, residual.size() == 0 || residual[0].shape() == input.shape(), invalid_argument("residual must have the shape of input"));
        Tensor* output = nullptr;
        Tensor* mean = nullptr;
        Tensor* variance = nullptr;
        OP_REQUIRES_OK(context, allocate_output(context, 0, "output", input.shape(), &output));
        OP_REQUIRES_OK(context, allocate_output(context, 1, "mean", {shape.channels}, &mean));
        OP_REQUIRES_OK(context, allocate_output(context, 2, "variance", {shape.channels}, &variance));
        TfExecutor executor(context);
        batch_norm(shape, read(input), read(context->input(1)), read(context->input(2)), residual.size() == 0 ? nullptr : read(residual[0]), epsilon_,
                   relu_, output->flat<float>().data(), mean->flat<float>().data(), variance->flat<float>().data(), executor);
    }

private:
    float epsilon_;
    bool relu_;
};

class BatchNormGradOp final : public Op {
public:
    explicit BatchNormGradOp(OpKernelConstruction* context) : Op(context) {
        OP_REQUIRES_OK(context, context->GetAttr("epsilon", &epsilon_));
    }

    void run(OpKernelContext* context) override {
        const Tensor& input = context->input(0);
        const Tensor& dy = context->input(1);
        BatchNormShape shape;
        OP_REQUIRES_OK(context, shape_of(input, &shape));
        OP_REQUIRES(context, dy.shape() == input.shape(), invalid_argument("dy must have the shape of input"));
        const char* const names[] = {"weight", "mean", "variance"};
        for (int i = 0; i < 3; ++i) OP_REQUIRES_OK(context, check_channels(names[i], context->input(2 + i), shape.channels));
        OpInputList output;
        OP_REQUIRES_OK(context, context->input_list("output", &output));
        OP_REQUIRES(context, output.size() == 0 || output[0].shape() == input.shape(), invalid_argument("output must have the shape of input"));
        Tensor* dinput = nullptr;
        Tensor* dweight = nullptr;
        Tensor* dbias = nullptr;
        OP_REQUIRES_OK(context, allocate_output(context, 0, "dinput", input.shape(), &dinput));
        OP_REQUIRES_OK(context, allocate_output(context, 1, "dweight", {shape.channels}, &dweight));
        OP_REQUIRES_OK(context, allocate_output(context, 2, "dbias", {shape.channels}, &dbias));
        OpOutputList dresidual;
        OP_REQUIRES_OK(context, context->output_list("dresidual", &dresidual));
        float* behind = nullptr;
        if (dresidual.size() > 0) {
            Tensor* tensor = nullptr;
            OP_REQUIRES_OK(context, allocate_output(context, 3, "dresidual", input.shape(), &tensor));
            behind = tensor->flat<float>().data();
        }
        TfExecutor executor(context);
        batch_norm_grad(shape, read(input), output.size() == 0 ? nullptr : read(output[0]), read(dy), read(context->input(2)), read(context->input(3)),
                        read(context->input(4)), epsilon_, dinput->flat<float>().data(), dweight->flat<float>().data(), dbias->flat<float>().data(),
                        behind, executor);
    }

private:
    float epsilon_;
};

REGISTER_KERNEL_BUILDER(Name("IcconvBatchNorm").Device(tensorflow::DEVICE_CPU), BatchNormOp);
REGISTER_KERNEL_BUILDER(Name("IcconvBatchNormGrad").Device(tensorflow::DEVICE_CPU), BatchNormGradOp);

}  // namespace
}  // namespace icconv
