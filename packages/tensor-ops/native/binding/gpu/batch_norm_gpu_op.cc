// The ops of batch_norm_op.cc on the GPU, over batch_norm_cuda.h.
#include "binding/batch_norm_base.h"
#include "binding/gpu/on_gpu.h"
#include "ops/batch_norm/batch_norm_cuda.h"

namespace icconv {
namespace {

class BatchNormOnGpu : public OnGpu {
public:
    using OnGpu::OnGpu;

    template <typename... A>
    void forward(const BatchNormShape& shape, const A&... arguments) {
        batch_norm_cuda(shape, arguments..., temporary<float>(batch_norm_cuda_workspace(shape)), launcher());
    }
    template <typename... A>
    void grad(const BatchNormShape& shape, const A&... arguments) {
        batch_norm_grad_cuda(shape, arguments..., temporary<float>(batch_norm_cuda_workspace(shape)), launcher());
    }
};

REGISTER_KERNEL_BUILDER(Name("IcconvBatchNorm").Device(tensorflow::DEVICE_GPU), BatchNormOp<BatchNormOnGpu>);
REGISTER_KERNEL_BUILDER(Name("IcconvBatchNormGrad").Device(tensorflow::DEVICE_GPU), BatchNormGradOp<BatchNormOnGpu>);

}  // namespace
}  // namespace icconv
