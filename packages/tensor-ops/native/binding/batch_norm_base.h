// What the ops of batch normalisation share on the CPU and on the GPU: their attributes and the checks of their inputs.
#ifndef ICCONV_BINDING_BATCH_NORM_BASE_H_
#define ICCONV_BINDING_BATCH_NORM_BASE_H_

#include <cstdint>

#include "binding/op.h"
#include "ops/batch_norm/batch_norm.h"
#include "tensorflow/core/framework/op_kernel.h"

namespace icconv {

inline absl::Status check_channels(const char* name, const tensorflow::Tensor& tensor, int64_t channels) {
    if (tensor.NumElements() == channels) return absl::OkStatus();
    return invalid_argument(name, " must have ", channels, " numbers, received ", tensor.NumElements());
}

inline absl::Status shape_of(const tensorflow::Tensor& input, BatchNormShape* shape) {
    if (input.dims() < 1) return invalid_argument("input must have at least one axis");
    const int64_t channels = input.dim_size(input.dims() - 1);
    if (channels < 1 || input.NumElements() == 0) return invalid_argument("input must not be empty, received ", input.shape().DebugString());
    *shape = {input.NumElements() / channels, static_cast<int>(channels)};
    return absl::OkStatus();
}

// Device: OnCpu or OnGpu with forward() and grad(), which are batch_norm() and batch_norm_grad().
template <typename Device>
class BatchNormOp final : public Op {
public:
    explicit BatchNormOp(tensorflow::OpKernelConstruction* context) : Op(context) {
        OP_REQUIRES_OK(context, context->GetAttr("epsilon", &epsilon_));
        OP_REQUIRES_OK(context, context->GetAttr("relu", &relu_));
    }

    void run(tensorflow::OpKernelContext* context) override {
        const tensorflow::Tensor& input = context->input(0);
        BatchNormShape shape;
        OP_REQUIRES_OK(context, shape_of(input, &shape));
        OP_REQUIRES_OK(context, check_channels("weight", context->input(1), shape.channels));
        OP_REQUIRES_OK(context, check_channels("bias", context->input(2), shape.channels));
        tensorflow::OpInputList residual;
        OP_REQUIRES_OK(context, context->input_list("residual", &residual));
        OP_REQUIRES(context, residual.size() == 0 || residual[0].shape() == input.shape(), invalid_argument("residual must have the shape of input"));
        Device device(context);
        tensorflow::Tensor* output = nullptr;
        tensorflow::Tensor* mean = nullptr;
        tensorflow::Tensor* variance = nullptr;
        OP_REQUIRES_OK(context, device.allocate(0, "output", input.shape(), &output));
        OP_REQUIRES_OK(context, device.allocate(1, "mean", {shape.channels}, &mean));
        OP_REQUIRES_OK(context, device.allocate(2, "variance", {shape.channels}, &variance));
        device.forward(shape, input.flat<float>().data(), context->input(1).flat<float>().data(), context->input(2).flat<float>().data(), residual.size() == 0 ? nullptr : residual[0].flat<float>().data(), epsilon_,
                   relu_, output->flat<float>().data(), mean->flat<float>().data(), variance->flat<float>().data());
    }

private:
    float epsilon_;
    bool relu_;
};

template <typename Device>
class BatchNormGradOp final : public Op {
public:
    explicit BatchNormGradOp(tensorflow::OpKernelConstruction* context) : Op(context) {
        OP_REQUIRES_OK(context, context->GetAttr("epsilon", &epsilon_));
    }

    void run(tensorflow::OpKernelContext* context) override {
        const tensorflow::Tensor& input = context->input(0);
        const tensorflow::Tensor& dy = context->input(1);
        BatchNormShape shape;
        OP_REQUIRES_OK(context, shape_of(input, &shape));
        OP_REQUIRES(context, dy.shape() == input.shape(), invalid_argument("dy must have the shape of input"));
        const char* const names[] = {"weight", "mean", "variance"};
        for (int i = 0; i < 3; ++i) OP_REQUIRES_OK(context, check_channels(names[i], context->input(2 + i), shape.channels));
        tensorflow::OpInputList output;
        OP_REQUIRES_OK(context, context->input_list("output", &output));
        OP_REQUIRES(context, output.size() == 0 || output[0].shape() == input.shape(), invalid_argument("output must have the shape of input"));
        Device device(context);
        tensorflow::Tensor* dinput = nullptr;
        tensorflow::Tensor* dweight = nullptr;
        tensorflow::Tensor* dbias = nullptr;
        OP_REQUIRES_OK(context, device.allocate(0, "dinput", input.shape(), &dinput));
        OP_REQUIRES_OK(context, device.allocate(1, "dweight", {shape.channels}, &dweight));
        OP_REQUIRES_OK(context, device.allocate(2, "dbias", {shape.channels}, &dbias));
        tensorflow::OpOutputList dresidual;
        OP_REQUIRES_OK(context, context->output_list("dresidual", &dresidual));
        float* behind = nullptr;
        if (dresidual.size() > 0) {
            tensorflow::Tensor* tensor = nullptr;
            OP_REQUIRES_OK(context, device.allocate(3, "dresidual", input.shape(), &tensor));
            behind = tensor->flat<float>().data();
        }
        device.grad(shape, input.flat<float>().data(), output.size() == 0 ? nullptr : output[0].flat<float>().data(), dy.flat<float>().data(), context->input(2).flat<float>().data(), context->input(3).flat<float>().data(),
                        context->input(4).flat<float>().data(), epsilon_, dinput->flat<float>().data(), dweight->flat<float>().data(), dbias->flat<float>().data(),
                        behind);
    }

private:
    float epsilon_;
};

}  // namespace icconv

#endif  // ICCONV_BINDING_BATCH_NORM_BASE_H_
