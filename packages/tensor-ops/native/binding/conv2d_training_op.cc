// TensorFlow ops of convolution in training over ops/conv2d_training; README.md there has their interface.
#include <cstdint>
#include <limits>
#include <string>

#include "binding/op.h"
#include "binding/tf_executor.h"
#include "ops/conv2d_training/conv2d_training.h"
#include "tensorflow/core/framework/common_shape_fns.h"
#include "tensorflow/core/framework/op.h"
#include "tensorflow/core/framework/op_kernel.h"

namespace icconv {
namespace {

using tensorflow::OpKernelConstruction;
using tensorflow::OpKernelContext;
using tensorflow::Tensor;
using tensorflow::TensorShape;

REGISTER_OP("IcconvConv2DForward")
    .Input("input: float")
    .Input("filter: float")
    .Input("bias: float")
    .Output("output: float")
    .Attr("strides: list(int) >= 2 = [1, 1]")
    .Attr("pad: list(int) >= 2 = [0, 0]")
    .Attr("activation: {'linear', 'relu'} = 'linear'")
    .SetShapeFn(tensorflow::shape_inference::UnknownShape);

REGISTER_OP("IcconvConv2DGradInput")
    .Input("dy: float")
    .Input("filter: float")
    .Output("dinput: float")
    .Attr("strides: list(int) >= 2 = [1, 1]")
    .Attr("pad: list(int) >= 2 = [0, 0]")
    .Attr("input_size: list(int) >= 2")
    .SetShapeFn(tensorflow::shape_inference::UnknownShape);

REGISTER_OP("IcconvConv2DGradFilter")
    .Input("input: float")
    .Input("dy: float")
    .Output("dfilter: float")
    .Attr("strides: list(int) >= 2 = [1, 1]")
    .Attr("pad: list(int) >= 2 = [0, 0]")
    .Attr("kernel_size: list(int) >= 2")
    .SetShapeFn(tensorflow::shape_inference::UnknownShape);

class Base : public Op {
public:
    explicit Base(OpKernelConstruction* context) : Op(context) {
        OP_REQUIRES_OK(context, pair_attribute(context, "strides", 1, &size_.stride_h, &size_.stride_w));
        OP_REQUIRES_OK(context, pair_attribute(context, "pad", 0, &size_.pad_h, &size_.pad_w));
    }

protected:
    // The call's sizes; what is wrong with them otherwise. `input` and `filter` are [N, H, W, C] and [KH, KW, C, O].
    absl::Status sizes(const TensorShape& input, const TensorShape& filter, Conv2DSize* size, Conv2DFilter* shape) const {
        constexpr int64_t kMost = std::numeric_limits<int32_t>::max() / 2;
        if (filter.dims() != 4 || filter.num_elements() == 0 || filter.num_elements() > kMost) {
            return invalid_argument("filter must have shape [KH, KW, C, O], received ", filter.DebugString());
        }
        if (input.dims() != 4 || input.dim_size(3) != filter.dim_size(2)) {
            return invalid_argument("input must have shape [N, H, W, ", filter.dim_size(2), "], received ", input.DebugString());
        }
        for (int axis = 0; axis < 3; ++axis) {
            if (input.dim_size(axis) < 1 || input.dim_size(axis) > kMost) {
                return invalid_argument("input must have images of 1 pixel or more, received ", input.DebugString());
            }
        }
        *shape = {static_cast<int>(filter.dim_size(0)), static_cast<int>(filter.dim_size(1)), static_cast<int>(filter.dim_size(2)),
                  static_cast<int>(filter.dim_size(3)), 1};
        *size = size_;
        size->batch = static_cast<int>(input.dim_size(0));
        size->in_h = static_cast<int>(input.dim_size(1));
        size->in_w = static_cast<int>(input.dim_size(2));
        if (size->out_h(*shape) < 1 || size->out_w(*shape) < 1) return invalid_argument("input ", input.DebugString(), " is smaller than the kernel");
        return absl::OkStatus();
    }

    // Whether dy is that of these sizes.
    static absl::Status check_gradient(const Tensor& dy, const Conv2DSize& size, const Conv2DFilter& shape) {
        const bool fits = dy.dims() == 4 && dy.dim_size(0) == size.batch && dy.dim_size(1) == size.out_h(shape) && dy.dim_size(2) == size.out_w(shape) &&
                          dy.dim_size(3) == shape.out_c;
        if (fits) return absl::OkStatus();
        return invalid_argument("dy must have shape [", size.batch, ", ", size.out_h(shape), ", ", size.out_w(shape), ", ", shape.out_c, "], received ",
                                dy.shape().DebugString());
    }

    Conv2DSize size_{};
};

class ForwardOp final : public Base {
public:
    explicit ForwardOp(OpKernelConstruction* context) : Base(context) {
        std::string activation;
        OP_REQUIRES_OK(context, context->GetAttr("activation", &activation));
        relu_ = activation == "relu";
    }

    void run(OpKernelContext* context) override {
        const Tensor& x = context->input(0);
        const Tensor& filter = context->input(1);
        const Tensor& bias = context->input(2);
        Conv2DSize size;
        Conv2DFilter shape;
        OP_REQUIRES_OK(context, sizes(x.shape(), filter.shape(), &size, &shape));
        OP_REQUIRES(context, bias.dims() == 1 && (bias.dim_size(0) == 0 || bias.dim_size(0) == shape.out_c),
                    invalid_argument("bias must have shape [0] or [", shape.out_c, "], received ", bias.shape().DebugString()));
        Tensor* y = nullptr;
        OP_REQUIRES_OK(context, allocate_output(context, 0, "output", {size.batch, size.out_h(shape), size.out_w(shape), shape.out_c}, &y));
        TfExecutor executor(context);
        conv2d_forward(size, shape, x.flat<float>().data(), filter.flat<float>().data(), bias.NumElements() == 0 ? nullptr : bias.flat<float>().data(), relu_,
                       y->flat<float>().data(), executor);
    }

private:
    bool relu_ = false;
};

class GradInputOp final : public Base {
public:
    explicit GradInputOp(OpKernelConstruction* context) : Base(context) {
        OP_REQUIRES_OK(context, pair_attribute(context, "input_size", 1, &height_, &width_));
    }

    void run(OpKernelContext* context) override {
        const Tensor& dy = context->input(0);
        const Tensor& filter = context->input(1);
        OP_REQUIRES(context, dy.dims() == 4 && filter.dims() == 4,
                    invalid_argument("dy and filter must have four axes, received ", dy.shape().DebugString(), " and ", filter.shape().DebugString()));
        TensorShape input;
        OP_REQUIRES_OK(context, checked_shape(context, "dinput", {dy.dim_size(0), height_, width_, filter.dim_size(2)}, &input));
        Conv2DSize size;
        Conv2DFilter shape;
        OP_REQUIRES_OK(context, sizes(input, filter.shape(), &size, &shape));
        OP_REQUIRES_OK(context, check_gradient(dy, size, shape));
        OP_REQUIRES(context, conv2d_has_grad_input(size, shape), invalid_argument("pad must be less than the kernel"));
        Tensor* dx = nullptr;
        OP_REQUIRES_OK(context, allocate_output(context, 0, "dinput", input, &dx));
        TfExecutor executor(context);
        conv2d_grad_input(size, shape, dy.flat<float>().data(), filter.flat<float>().data(), dx->flat<float>().data(), executor);
    }

private:
    int height_ = 1;
    int width_ = 1;
};

class GradFilterOp final : public Base {
public:
    explicit GradFilterOp(OpKernelConstruction* context) : Base(context) {
        OP_REQUIRES_OK(context, pair_attribute(context, "kernel_size", 1, &height_, &width_));
    }

    void run(OpKernelContext* context) override {
        const Tensor& x = context->input(0);
        const Tensor& dy = context->input(1);
        OP_REQUIRES(context, x.dims() == 4 && dy.dims() == 4,
                    invalid_argument("input and dy must have four axes, received ", x.shape().DebugString(), " and ", dy.shape().DebugString()));
        TensorShape filter;
        OP_REQUIRES_OK(context, checked_shape(context, "dfilter", {height_, width_, x.dim_size(3), dy.dim_size(3)}, &filter));
        Conv2DSize size;
        Conv2DFilter shape;
        OP_REQUIRES_OK(context, sizes(x.shape(), filter, &size, &shape));
        OP_REQUIRES_OK(context, check_gradient(dy, size, shape));
        Tensor* dfilter = nullptr;
        OP_REQUIRES_OK(context, allocate_output(context, 0, "dfilter", filter, &dfilter));
        TfExecutor executor(context);
        conv2d_grad_filter(size, shape, x.flat<float>().data(), dy.flat<float>().data(), dfilter->flat<float>().data(), executor);
    }

private:
    int height_ = 1;
    int width_ = 1;
};

REGISTER_KERNEL_BUILDER(Name("IcconvConv2DForward").Device(tensorflow::DEVICE_CPU), ForwardOp);
REGISTER_KERNEL_BUILDER(Name("IcconvConv2DGradInput").Device(tensorflow::DEVICE_CPU), GradInputOp);
REGISTER_KERNEL_BUILDER(Name("IcconvConv2DGradFilter").Device(tensorflow::DEVICE_CPU), GradFilterOp);

}  // namespace
}  // namespace icconv
