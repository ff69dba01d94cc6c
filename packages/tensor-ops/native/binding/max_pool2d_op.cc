// TensorFlow ops of max pooling over ops/max_pool2d; TensorFlow's own drops NaN and has no infinity.
#include <cstdint>
#include <vector>

#include "binding/op.h"
#include "binding/tf_executor.h"
#include "ops/max_pool2d/max_pool2d.h"
#include "tensorflow/core/framework/common_shape_fns.h"
#include "tensorflow/core/framework/op.h"
#include "tensorflow/core/framework/op_kernel.h"

namespace icconv {
namespace {

using tensorflow::OpKernelConstruction;
using tensorflow::OpKernelContext;
using tensorflow::Tensor;

// Each attribute is [height, width]. input [N, H, W, C], output and dy [N, OH, OW, C].
#define ICCONV_MAX_POOL_OP(name)        \
    REGISTER_OP(name)                   \
        .Attr("size: list(int) >= 2")   \
        .Attr("strides: list(int) >= 2") \
        .Attr("pad: list(int) >= 2")    \
        .SetShapeFn(tensorflow::shape_inference::UnknownShape)

ICCONV_MAX_POOL_OP("IcconvMaxPool2D").Input("input: float").Output("output: float");
ICCONV_MAX_POOL_OP("IcconvMaxPool2DGrad").Input("input: float").Input("dy: float").Output("dinput: float");

class MaxPoolOp : public Op {
public:
    explicit MaxPoolOp(OpKernelConstruction* context) : Op(context) {
        std::vector<int32_t> size, strides, pad;
        OP_REQUIRES_OK(context, context->GetAttr("size", &size));
        OP_REQUIRES_OK(context, context->GetAttr("strides", &strides));
        OP_REQUIRES_OK(context, context->GetAttr("pad", &pad));
        OP_REQUIRES(context, size.size() == 2 && strides.size() == 2 && pad.size() == 2,
                    invalid_argument("size, strides and pad must be [height, width]"));
        for (int axis = 0; axis < 2; ++axis) {
            OP_REQUIRES(context, strides[axis] >= 1 && pad[axis] >= 0 && pad[axis] < size[axis],
                        invalid_argument("strides must be at least 1 and pad less than size"));
        }
        size_ = {0, 0, 0, 0, size[0], size[1], strides[0], strides[1], pad[0], pad[1]};
    }

protected:
    absl::Status size_of(const Tensor& input, MaxPool2DSize* size) const {
        const bool whole = input.dims() == 4 && input.NumElements() > 0 && input.NumElements() <= kMostElements;
        if (!whole) return invalid_argument("input must have shape [N, H, W, C], received ", input.shape().DebugString());
        *size = size_;
        size->batch = static_cast<int>(input.dim_size(0));
        size->in_h = static_cast<int>(input.dim_size(1));
        size->in_w = static_cast<int>(input.dim_size(2));
        size->channels = static_cast<int>(input.dim_size(3));
        if (size->out_h() >= 1 && size->out_w() >= 1) return absl::OkStatus();
        return invalid_argument("input must be a padded map of at least the window, received ", input.shape().DebugString());
    }

private:
    MaxPool2DSize size_{};
};

class MaxPool2DOp final : public MaxPoolOp {
public:
    using MaxPoolOp::MaxPoolOp;

    void run(OpKernelContext* context) override {
        const Tensor& input = context->input(0);
        MaxPool2DSize size;
        OP_REQUIRES_OK(context, size_of(input, &size));
        Tensor* output = nullptr;
        OP_REQUIRES_OK(context, allocate_output(context, 0, "output", {size.batch, size.out_h(), size.out_w(), size.channels}, &output));
        TfExecutor executor(context);
        max_pool2d(size, input.flat<float>().data(), output->flat<float>().data(), executor);
    }
};

class MaxPool2DGradOp final : public MaxPoolOp {
public:
    using MaxPoolOp::MaxPoolOp;

    void run(OpKernelContext* context) override {
        const Tensor& input = context->input(0);
        const Tensor& dy = context->input(1);
        MaxPool2DSize size;
        OP_REQUIRES_OK(context, size_of(input, &size));
        OP_REQUIRES(context,
                    dy.dims() == 4 && dy.dim_size(0) == size.batch && dy.dim_size(1) == size.out_h() && dy.dim_size(2) == size.out_w() &&
                        dy.dim_size(3) == size.channels,
                    invalid_argument("dy must have the shape of the pooled map, received ", dy.shape().DebugString()));
        Tensor* dinput = nullptr;
        OP_REQUIRES_OK(context, allocate_output(context, 0, "dinput", input.shape(), &dinput));
        TfExecutor executor(context);
        max_pool2d_grad(size, input.flat<float>().data(), dy.flat<float>().data(), dinput->flat<float>().data(), executor);
    }
};

REGISTER_KERNEL_BUILDER(Name("IcconvMaxPool2D").Device(tensorflow::DEVICE_CPU), MaxPool2DOp);
REGISTER_KERNEL_BUILDER(Name("IcconvMaxPool2DGrad").Device(tensorflow::DEVICE_CPU), MaxPool2DGradOp);

}  // namespace
}  // namespace icconv
