// The ops of inception_conv2d_op.cc on the GPU, over inception_conv2d_cuda.h. A filter is packed here by being copied: it is the kernel's order
// already.
#include <memory>
#include <mutex>
#include <string>

#include "binding/gpu/on_gpu.h"
#include "binding/gpu_precision.h"
#include "binding/inception_conv2d_base.h"
#include "ops/inception_conv2d/inception_conv2d_cuda.h"

namespace icconv {
namespace {

using tensorflow::OpKernelConstruction;
using tensorflow::OpKernelContext;
using tensorflow::Tensor;

const float* data(const Tensor& tensor) { return tensor.NumElements() == 0 ? nullptr : tensor.flat<float>().data(); }
float* data(Tensor* tensor) { return tensor->flat<float>().data(); }

// Blocks of the filter's gradient for each multiprocessor: two run at once, and four times as many even out their ends.
constexpr int kBlocksEach = 8;

class InceptionGpuOp : public InceptionOpBase {
public:
    explicit InceptionGpuOp(OpKernelConstruction* context) : InceptionOpBase(context) {
        if (context->status().ok() && out_channels() > 0) plan_ = std::make_unique<InceptionConv2DCudaPlan>(out_channels(), groups(), dilations().data());
    }

protected:
    // The plan's tables go to the device at the first call; later ones are behind it on the same stream.
    InceptionConv2DCudaCall call(OpKernelContext* context, OnGpu& gpu, const InceptionConv2DSize& size, int64_t in_channels, int64_t kernel,
                                 Precision precision = gpu_training_precision()) {
        std::lock_guard<std::mutex> lock(mutex_);
        if (tables_.NumElements() == 0) {
            Tensor tables;
            const auto count = static_cast<int64_t>(plan_->tables().size());
            const absl::Status status = context->allocate_temp(tensorflow::DT_INT32, {count}, &tables);
            if (!status.ok()) throw OutOfMemory(static_cast<size_t>(count) * sizeof(int32_t));
            gpu.launcher().to_device(tables.data(), plan_->tables().data(), count * sizeof(int32_t));
            tables_ = tables;
        }
        if (gpu.launcher().architecture() < kTensorCoresArch) precision = Precision::kFloat32;
        return {*plan_, static_cast<const int32_t*>(tables_.data()), size, static_cast<int>(in_channels), static_cast<int>(kernel), precision};
    }

private:
    std::unique_ptr<const InceptionConv2DCudaPlan> plan_;
    std::mutex mutex_;
    Tensor tables_;
};

template <bool kPacked>
class InceptionConv2DGpuOp final : public InceptionGpuOp {
public:
    explicit InceptionConv2DGpuOp(OpKernelConstruction* context) : InceptionGpuOp(context) {
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
        const int64_t group_channels = input.dim_size(3) / groups();
        if (kPacked) {
            const int64_t floats = element_count({kernel_, kernel_, group_channels, out_channels()});
            OP_REQUIRES(context, filter.dims() == 1 && filter.NumElements() == floats,
                        invalid_argument("packed must have shape [", floats, "] for this pattern, received ", filter.shape().DebugString()));
        } else {
            OP_REQUIRES_OK(context, check_filter(filter));
            OP_REQUIRES(context, filter.dim_size(2) == group_channels,
                        invalid_argument("filter must have ", group_channels, " input channels, received ", filter.shape().DebugString()));
        }
        OP_REQUIRES(context, bias.dims() == 1 && (bias.dim_size(0) == 0 || bias.dim_size(0) == out_channels()),
                    invalid_argument("bias must have shape [0] or [", out_channels(), "], received ", bias.shape().DebugString()));
        const InceptionConv2DSize size = this->size(input.dim_size(0), input.dim_size(1), input.dim_size(2));
        OnGpu gpu(context);
        Tensor* output = nullptr;
        OP_REQUIRES_OK(context, gpu.allocate(0, "output", {size.batch, size.out_height(), size.out_width(), out_channels()}, &output));
        if (output->NumElements() == 0) return;
        const int64_t kernel = kPacked ? kernel_ : filter.dim_size(0);
        const Precision precision = kPacked ? gpu_precision() : gpu_training_precision();
        const InceptionConv2DCudaCall call = this->call(context, gpu, size, input.dim_size(3), kernel, precision);
        inception_conv2d_cuda(call, data(input), data(filter), data(bias), nullptr, activation_, data(output), gpu.launcher());
    }

private:
    ConvActivation activation_ = ConvActivation::kLinear;
    int kernel_ = 1;
};

class InceptionConv2DPackGpuOp final : public InceptionOpBase {
public:
    using InceptionOpBase::InceptionOpBase;

    void run(OpKernelContext* context) override {
        const Tensor& filter = context->input(0);
        OP_REQUIRES_OK(context, check_filter(filter));
        OnGpu gpu(context);
        Tensor* packed = nullptr;
        OP_REQUIRES_OK(context, gpu.allocate(0, "packed", {filter.NumElements()}, &packed));
        gpu.launcher().within_device(packed->data(), filter.data(), filter.TotalBytes());
    }
};

class InceptionConv2DGradInputGpuOp final : public InceptionGpuOp {
public:
    using InceptionGpuOp::InceptionGpuOp;

    void run(OpKernelContext* context) override {
        const Tensor& dy = context->input(0);
        const Tensor& filter = context->input(1);
        OP_REQUIRES_OK(context, check_filter(filter));
        InceptionConv2DSize size;
        OP_REQUIRES_OK(context, size_of_gradient(dy, context->input(2), &size));
        const int64_t in_channels = filter.dim_size(2) * groups();
        OnGpu gpu(context);
        Tensor* dx = nullptr;
        OP_REQUIRES_OK(context, gpu.allocate(0, "dx", {size.batch, size.in_height, size.in_width, in_channels}, &dx));
        if (dx->NumElements() == 0) return;
        inception_conv2d_grad_input_cuda(call(context, gpu, size, in_channels, filter.dim_size(0)), data(dy), data(filter), data(dx), gpu.launcher());
    }
};

class InceptionConv2DGradFilterGpuOp final : public InceptionGpuOp {
public:
    explicit InceptionConv2DGradFilterGpuOp(OpKernelConstruction* context) : InceptionGpuOp(context) {
        OP_REQUIRES_OK(context, context->GetAttr("kernel_size", &kernel_));
        OP_REQUIRES(context, kernel_ % 2 == 1, invalid_argument("kernel_size must be odd, received ", kernel_));
    }

    void run(OpKernelContext* context) override {
        const Tensor& input = context->input(0);
        const Tensor& dy = context->input(1);
        OP_REQUIRES_OK(context, check_input(input));
        const InceptionConv2DSize size = this->size(input.dim_size(0), input.dim_size(1), input.dim_size(2));
        OP_REQUIRES_OK(context, check_dy(dy, size));
        const int64_t in_channels = input.dim_size(3);
        OnGpu gpu(context);
        Tensor* dfilter = nullptr;
        OP_REQUIRES_OK(context, gpu.allocate(0, "dfilter", {kernel_, kernel_, in_channels / groups(), out_channels()}, &dfilter));
        if (dfilter->NumElements() == 0) return;
        const InceptionConv2DCudaCall call = this->call(context, gpu, size, in_channels, kernel_);
        const int splits = inception_conv2d_grad_filter_splits(call, gpu.launcher().multiprocessors() * kBlocksEach);
        float* const workspace = gpu.temporary<float>(static_cast<int64_t>(inception_conv2d_grad_filter_workspace(call, splits)));
        inception_conv2d_grad_filter_cuda(call, splits, data(input), data(dy), data(dfilter), workspace, gpu.launcher());
    }

private:
    int kernel_ = 1;
};

#define ICCONV_GPU(op) Name(op).Device(tensorflow::DEVICE_GPU)
REGISTER_KERNEL_BUILDER(ICCONV_GPU("IcconvInceptionConv2D"), InceptionConv2DGpuOp<false>);
REGISTER_KERNEL_BUILDER(ICCONV_GPU("IcconvInceptionConv2DPacked"), InceptionConv2DGpuOp<true>);
REGISTER_KERNEL_BUILDER(ICCONV_GPU("IcconvInceptionConv2DPack"), InceptionConv2DPackGpuOp);
REGISTER_KERNEL_BUILDER(ICCONV_GPU("IcconvInceptionConv2DGradInput").HostMemory("input_size"), InceptionConv2DGradInputGpuOp);
REGISTER_KERNEL_BUILDER(ICCONV_GPU("IcconvInceptionConv2DGradFilter"), InceptionConv2DGradFilterGpuOp);

}  // namespace
}  // namespace icconv
