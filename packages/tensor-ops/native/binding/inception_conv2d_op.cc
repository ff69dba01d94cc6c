// TensorFlow ops IcconvInceptionConv2D... over ops/inception_conv2d; README.md there has their interface.
#include <cstdint>
#include <limits>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "binding/inception_conv2d_base.h"
#include "binding/op.h"
#include "binding/tf_executor.h"
#include "ops/conv2d/conv2d.h"
#include "ops/inception_conv2d/inception_conv2d.h"
#include "tensorflow/core/framework/common_shape_fns.h"
#include "tensorflow/core/framework/op.h"
#include "tensorflow/core/framework/op_kernel.h"

namespace icconv {
namespace {

using tensorflow::OpKernelConstruction;
using tensorflow::OpKernelContext;
using tensorflow::Tensor;

#define ICCONV_INCEPTION_OP(name)                 \
    REGISTER_OP(name)                             \
        .Attr("dilations: list(int) >= 2")        \
        .Attr("strides: list(int) >= 2 = [1, 1]") \
        .Attr("groups: int >= 1 = 1")             \
        .SetShapeFn(tensorflow::shape_inference::UnknownShape)

ICCONV_INCEPTION_OP("IcconvInceptionConv2D")
    .Input("input: float")
    .Input("filter: float")
    .Input("bias: float")
    .Output("output: float")
    .Attr("activation: {'linear', 'relu'} = 'linear'");

ICCONV_INCEPTION_OP("IcconvInceptionConv2DPack")
    .Input("filter: float")
    .Output("packed: float")
    .Attr("precision: {'float32', 'bfloat16'} = 'float32'");

ICCONV_INCEPTION_OP("IcconvInceptionConv2DPacked")
    .Input("input: float")
    .Input("packed: float")
    .Input("bias: float")
    .Output("output: float")
    .Attr("kernel_size: int >= 1")
    .Attr("activation: {'linear', 'relu'} = 'linear'");

// input_size [2], H and W, is a tensor and no attribute: maps differ in size, and TensorFlow keeps a kernel, and with it a plan, for every
// set of attribute values it has seen.
ICCONV_INCEPTION_OP("IcconvInceptionConv2DGradInput")
    .Input("dy: float")
    .Input("filter: float")
    .Input("input_size: int32")
    .Output("dx: float");

ICCONV_INCEPTION_OP("IcconvInceptionConv2DGradFilter")
    .Input("input: float")
    .Input("dy: float")
    .Output("dfilter: float")
    .Attr("kernel_size: int >= 1");

const float* data(const Tensor& tensor) { return tensor.flat<float>().data(); }

// With the plan, made at the first call.
class InceptionOp : public InceptionOpBase {
public:
    using InceptionOpBase::InceptionOpBase;

protected:
    std::shared_ptr<const InceptionConv2DPlan> plan(int64_t in_channels, int64_t kernel) {
        std::lock_guard<std::mutex> lock(mutex_);
        if (plan_ == nullptr || plan_->in_channels() != in_channels || plan_->kernel() != kernel) {
            plan_ = std::make_shared<InceptionConv2DPlan>(static_cast<int>(in_channels), out_channels(), static_cast<int>(kernel), groups(),
                                                          dilations().data());
        }
        return plan_;
    }

private:
    std::mutex mutex_;
    std::shared_ptr<const InceptionConv2DPlan> plan_;
};

// With the filter as it is, and with a packed one.
template <bool kPacked>
class InceptionConv2DOp final : public InceptionOp {
public:
    explicit InceptionConv2DOp(OpKernelConstruction* context) : InceptionOp(context) {
        std::string activation;
        OP_REQUIRES_OK(context, context->GetAttr("activation", &activation));
        activation_ = activation == "relu" ? ConvActivation::kRelu : ConvActivation::kLinear;
        if (kPacked) OP_REQUIRES_OK(context, context->GetAttr("kernel_size", &kernel_));
        OP_REQUIRES(context, kernel_ % 2 == 1, invalid_argument("kernel_size must be odd, received ", kernel_));
    }

    void run(OpKernelContext* context) override {
        const Tensor& input = context->input(0);
        const Tensor& filter = context->input(1);
        const Tensor& bias = context->input(2);
        OP_REQUIRES_OK(context, check_input(input));
        const int64_t in_channels = input.dim_size(3);
        if (!kPacked) {
            OP_REQUIRES_OK(context, check_filter(filter));
            OP_REQUIRES(context, filter.dim_size(2) * groups() == in_channels,
                        invalid_argument("filter must have ", in_channels / groups(), " input channels, received ", filter.shape().DebugString()));
        }
        OP_REQUIRES(context, bias.dims() == 1 && (bias.dim_size(0) == 0 || bias.dim_size(0) == out_channels()),
                    invalid_argument("bias must have shape [0] or [", out_channels(), "], received ", bias.shape().DebugString()));
        const auto plan = this->plan(in_channels, kPacked ? kernel_ : filter.dim_size(0));
        Precision precision = Precision::kFloat32;
        if (kPacked) {
            OP_REQUIRES(context, filter.dims() == 1 && plan->reads(static_cast<size_t>(filter.NumElements()), &precision),
                        invalid_argument("packed must have shape [", plan->packed_size(), "] for this pattern, received ",
                                         filter.shape().DebugString()));
            OP_REQUIRES(context, precision == Precision::kFloat32 || conv2d_has_tiles(),
                        invalid_argument("packed is of bfloat16, for which this processor or this build has no kernel"));
        }
        const InceptionConv2DSize size = this->size(input.dim_size(0), input.dim_size(1), input.dim_size(2));
        Tensor* output = nullptr;
        OP_REQUIRES_OK(context, allocate_output(context, 0, "output", {size.batch, size.out_height(), size.out_width(), out_channels()}, &output));
        if (output->NumElements() == 0) return;
        TfExecutor executor(context);
        inception_conv2d(*plan, size, data(input), kPacked ? nullptr : data(filter), kPacked ? data(filter) : nullptr,
                         bias.NumElements() == 0 ? nullptr : data(bias), activation_, output->flat<float>().data(), executor, precision);
    }

private:
    ConvActivation activation_ = ConvActivation::kLinear;
    int kernel_ = 1;
};

class InceptionConv2DPackOp final : public InceptionOp {
public:
    explicit InceptionConv2DPackOp(OpKernelConstruction* context) : InceptionOp(context) {
        std::string precision;
        OP_REQUIRES_OK(context, context->GetAttr("precision", &precision));
        bfloat16_ = precision == "bfloat16";
    }

    void run(OpKernelContext* context) override {
        const Tensor& filter = context->input(0);
        OP_REQUIRES_OK(context, check_filter(filter));
        const auto plan = this->plan(filter.dim_size(2) * groups(), filter.dim_size(0));
        // Products of bfloat16 are made by tiles alone: elsewhere float32 is as fast.
        const Precision precision = bfloat16_ && plan->has_bfloat16() && conv2d_has_tiles() ? Precision::kBfloat16 : Precision::kFloat32;
        Tensor* packed = nullptr;
        OP_REQUIRES_OK(context, allocate_output(context, 0, "packed", {static_cast<int64_t>(plan->packed_size(precision))}, &packed));
        TfExecutor executor(context);
        plan->pack(data(filter), packed->flat<float>().data(), executor, precision);
    }

private:
    bool bfloat16_ = false;
};

class InceptionConv2DGradInputOp final : public InceptionOp {
public:
    using InceptionOp::InceptionOp;

    void run(OpKernelContext* context) override {
        const Tensor& dy = context->input(0);
        const Tensor& filter = context->input(1);
        OP_REQUIRES_OK(context, check_filter(filter));
        InceptionConv2DSize size;
        OP_REQUIRES_OK(context, size_of_gradient(dy, context->input(2), &size));
        const auto plan = this->plan(filter.dim_size(2) * groups(), filter.dim_size(0));
        Tensor* dx = nullptr;
        OP_REQUIRES_OK(context, allocate_output(context, 0, "dx", {size.batch, size.in_height, size.in_width, plan->in_channels()}, &dx));
        if (dx->NumElements() == 0) return;
        TfExecutor executor(context);
        inception_conv2d_grad_input(*plan, size, data(dy), data(filter), dx->flat<float>().data(), executor);
    }
};

class InceptionConv2DGradFilterOp final : public InceptionOp {
public:
    explicit InceptionConv2DGradFilterOp(OpKernelConstruction* context) : InceptionOp(context) {
        OP_REQUIRES_OK(context, context->GetAttr("kernel_size", &kernel_));
        OP_REQUIRES(context, kernel_ % 2 == 1, invalid_argument("kernel_size must be odd, received ", kernel_));
    }

    void run(OpKernelContext* context) override {
        const Tensor& input = context->input(0);
        const Tensor& dy = context->input(1);
        OP_REQUIRES_OK(context, check_input(input));
        const InceptionConv2DSize size = this->size(input.dim_size(0), input.dim_size(1), input.dim_size(2));
        OP_REQUIRES_OK(context, check_dy(dy, size));
        const auto plan = this->plan(input.dim_size(3), kernel_);
        Tensor* dfilter = nullptr;
        OP_REQUIRES_OK(context,
                       allocate_output(context, 0, "dfilter", {kernel_, kernel_, plan->in_channels() / groups(), out_channels()}, &dfilter));
        TfExecutor executor(context);
        inception_conv2d_grad_filter(*plan, size, data(input), data(dy), dfilter->flat<float>().data(), executor);
    }

private:
    int kernel_ = 1;
};

REGISTER_KERNEL_BUILDER(Name("IcconvInceptionConv2D").Device(tensorflow::DEVICE_CPU), InceptionConv2DOp<false>);
REGISTER_KERNEL_BUILDER(Name("IcconvInceptionConv2DPacked").Device(tensorflow::DEVICE_CPU), InceptionConv2DOp<true>);
REGISTER_KERNEL_BUILDER(Name("IcconvInceptionConv2DPack").Device(tensorflow::DEVICE_CPU), InceptionConv2DPackOp);
REGISTER_KERNEL_BUILDER(Name("IcconvInceptionConv2DGradInput").Device(tensorflow::DEVICE_CPU), InceptionConv2DGradInputOp);
REGISTER_KERNEL_BUILDER(Name("IcconvInceptionConv2DGradFilter").Device(tensorflow::DEVICE_CPU), InceptionConv2DGradFilterOp);

}  // namespace
}  // namespace icconv
