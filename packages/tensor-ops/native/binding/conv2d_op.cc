// TensorFlow ops IcconvConv2DPack and IcconvConv2D over ops/conv2d; README.md there has their interface.
#include <cstdint>
#include <limits>
#include <string>

#include "binding/op.h"
#include "binding/tf_executor.h"
#include "ops/conv2d/conv2d.h"
#include "tensorflow/core/framework/common_shape_fns.h"
#include "tensorflow/core/framework/op.h"
#include "tensorflow/core/framework/op_kernel.h"

namespace icconv {
namespace {

using tensorflow::OpKernelConstruction;
using tensorflow::OpKernelContext;
using tensorflow::Tensor;
using tensorflow::TensorShape;

REGISTER_OP("IcconvConv2DPack")
    .Input("filter: float")
    .Output("packed: float")
    .Attr("groups: int >= 1 = 1")
    .Attr("algorithm: {'auto', 'direct', 'winograd'} = 'auto'")
    .Attr("precision: {'float32', 'bfloat16'} = 'float32'")
    .SetShapeFn(tensorflow::shape_inference::UnknownShape);

REGISTER_OP("IcconvConv2D")
    .Input("input: float")
    .Input("packed: float")
    .Input("bias: float")
    .Input("residual: float")
    .Output("output: float")
    .Attr("strides: list(int) >= 2 = [1, 1]")
    .Attr("pad: list(int) >= 2 = [0, 0]")
    .Attr("dilations: list(int) >= 2 = [1, 1]")
    .Attr("activation: {'linear', 'relu'} = 'linear'")
    .SetShapeFn(tensorflow::shape_inference::UnknownShape);

// Header numbers are floats, exact up to 2^24.
constexpr int64_t kMostChannels = 1 << 24;

class Conv2DPackOp final : public Op {
public:
    explicit Conv2DPackOp(OpKernelConstruction* context) : Op(context) {
        OP_REQUIRES_OK(context, context->GetAttr("groups", &groups_));
        std::string algorithm;
        OP_REQUIRES_OK(context, context->GetAttr("algorithm", &algorithm));
        algorithm_ = algorithm == "direct" ? Conv2DAlgorithm::kDirect : algorithm == "winograd" ? Conv2DAlgorithm::kWinograd : Conv2DAlgorithm::kAuto;
        std::string precision;
        OP_REQUIRES_OK(context, context->GetAttr("precision", &precision));
        precision_ = precision == "bfloat16" ? Precision::kBfloat16 : Precision::kFloat32;
    }

    void run(OpKernelContext* context) override {
        const Tensor& hwio = context->input(0);
        OP_REQUIRES(context, hwio.dims() == 4 && hwio.NumElements() > 0,
                    invalid_argument("filter must have shape [KH, KW, C/G, O], received ", hwio.shape().DebugString()));
        const int64_t in_c = hwio.dim_size(2) * groups_;
        const int64_t out_c = hwio.dim_size(3);
        OP_REQUIRES(context, in_c <= kMostChannels && out_c <= kMostChannels && hwio.NumElements() < std::numeric_limits<int32_t>::max(),
                    invalid_argument("filter is too large, received ", hwio.shape().DebugString()));
        OP_REQUIRES(context, out_c % groups_ == 0, invalid_argument("groups must divide ", out_c, " output channels, received ", groups_));
        const Conv2DFilter filter = {static_cast<int>(hwio.dim_size(0)), static_cast<int>(hwio.dim_size(1)), static_cast<int>(in_c),
                                     static_cast<int>(out_c), groups_, precision_};
        OP_REQUIRES(context, algorithm_ != Conv2DAlgorithm::kWinograd || conv2d_has_winograd(filter),
                    invalid_argument("winograd takes 3x3 filters without groups, received ", hwio.shape().DebugString()));
        Tensor* packed = nullptr;
        const auto floats = static_cast<int64_t>(conv2d_packed_size(filter, algorithm_));
        OP_REQUIRES_OK(context, allocate_output(context, 0, "packed", {floats}, &packed));
        TfExecutor executor(context);
        conv2d_pack(filter, algorithm_, hwio.flat<float>().data(), packed->flat<float>().data(), executor);
    }

private:
    int groups_ = 1;
    Conv2DAlgorithm algorithm_ = Conv2DAlgorithm::kAuto;
    Precision precision_ = Precision::kFloat32;
};

class Conv2DOp final : public Op {
public:
    explicit Conv2DOp(OpKernelConstruction* context) : Op(context) {
        OP_REQUIRES_OK(context, pair_attribute(context, "strides", 1, &size_.stride_h, &size_.stride_w));
        OP_REQUIRES_OK(context, pair_attribute(context, "pad", 0, &size_.pad_h, &size_.pad_w));
        OP_REQUIRES_OK(context, pair_attribute(context, "dilations", 1, &size_.dilation_h, &size_.dilation_w));
        std::string activation;
        OP_REQUIRES_OK(context, context->GetAttr("activation", &activation));
        relu_ = activation == "relu";
    }

    void run(OpKernelContext* context) override {
        const Tensor& x = context->input(0);
        const Tensor& packed = context->input(1);
        const Tensor& bias = context->input(2);
        const Tensor& residual = context->input(3);
        Conv2DFilter filter;
        OP_REQUIRES(context, conv2d_read_packed(packed.flat<float>().data(), packed.NumElements(), &filter),
                    invalid_argument("packed must come from IcconvConv2DPack, received ", packed.shape().DebugString()));
        OP_REQUIRES(context, filter.precision == Precision::kFloat32 || conv2d_has_bfloat16(),
                    invalid_argument("packed is of bfloat16, for which this processor or this build has no kernel"));
        OP_REQUIRES(context, x.dims() == 4 && x.dim_size(3) == filter.in_c,
                    invalid_argument("input must have shape [N, H, W, ", filter.in_c, "], received ", x.shape().DebugString()));
        for (int axis = 0; axis < 3; ++axis) {
            OP_REQUIRES(context, x.dim_size(axis) <= std::numeric_limits<int32_t>::max() / 2,
                        invalid_argument("input is too large, received ", x.shape().DebugString()));
        }
        OP_REQUIRES(context, bias.dims() == 1 && (bias.dim_size(0) == 0 || bias.dim_size(0) == filter.out_c),
                    invalid_argument("bias must have shape [0] or [", filter.out_c, "], received ", bias.shape().DebugString()));
        Conv2DSize size = size_;
        size.batch = static_cast<int>(x.dim_size(0));
        size.in_h = static_cast<int>(x.dim_size(1));
        size.in_w = static_cast<int>(x.dim_size(2));
        const int out_h = size.out_h(filter);
        const int out_w = size.out_w(filter);
        OP_REQUIRES(context, size.in_h > 0 && size.in_w > 0 && out_h > 0 && out_w > 0,
                    invalid_argument("input ", x.shape().DebugString(), " is smaller than the kernel"));
        TensorShape shape;
        OP_REQUIRES_OK(context, checked_shape(context, "output", {size.batch, out_h, out_w, filter.out_c}, &shape));
        const bool none = residual.dims() == 1 && residual.dim_size(0) == 0;
        OP_REQUIRES(context, none || residual.shape() == shape,
                    invalid_argument("residual must have shape [0] or ", shape.DebugString(), ", received ", residual.shape().DebugString()));
        Tensor* y = nullptr;
        OP_REQUIRES_OK(context, allocate_output(context, 0, "output", shape, &y));
        if (y->NumElements() == 0) return;
        TfExecutor executor(context);
        const Conv2DInputs inputs = {x.flat<float>().data(), packed.flat<float>().data(),
                                     bias.NumElements() == 0 ? nullptr : bias.flat<float>().data(),
                                     none ? nullptr : residual.flat<float>().data()};
        conv2d(size, inputs, relu_, y->flat<float>().data(), executor);
    }

private:
    Conv2DSize size_{};
    bool relu_ = false;
};

REGISTER_KERNEL_BUILDER(Name("IcconvConv2DPack").Device(tensorflow::DEVICE_CPU), Conv2DPackOp);
REGISTER_KERNEL_BUILDER(Name("IcconvConv2D").Device(tensorflow::DEVICE_CPU), Conv2DOp);

}  // namespace
}  // namespace icconv
