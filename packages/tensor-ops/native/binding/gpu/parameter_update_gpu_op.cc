// The ops of parameter_update_op.cc on the GPU, over parameter_update_cuda.h. Nothing is read back.
#include "binding/gpu/on_gpu.h"
#include "binding/parameter_update_base.h"
#include "ops/parameter_update/parameter_update_cuda.h"

namespace icconv {
namespace {

class ParameterUpdateOnGpu : public OnGpu {
public:
    using OnGpu::OnGpu;

    void sgd(const float* rates, const float* step, const Array<ParameterSlot>& slots) {
        const ParameterCudaList list = list_of(slots);
        sgd_update_cuda(list, placed(list), rates, step, launcher());
    }
    void adam(const float* rates, const float* step, const Array<ParameterSlot>& slots) {
        const ParameterCudaList list = list_of(slots);
        adam_update_cuda(list, placed(list), rates, step, launcher());
    }
    void linear(const float* factors, const Array<ParameterSlot>& slots) {
        const ParameterCudaList list = list_of(slots);
        linear_combination_cuda(list, placed(list), factors, launcher());
    }
    void norm(const Array<ParameterSlot>& slots, float* norm) {
        const ParameterCudaList list = list_of(slots);
        global_norm_cuda(list, placed(list), temporary<double>(list.blocks() + 1), norm, launcher());
    }

private:
    static ParameterCudaList list_of(const Array<ParameterSlot>& slots) { return {slots.data(), static_cast<int64_t>(slots.size())}; }
    const ParameterCudaSlot* placed(const ParameterCudaList& list) { return place(list.slots().data(), static_cast<int64_t>(list.slots().size())); }
};

#define ICCONV_GPU(op) Name(op).Device(tensorflow::DEVICE_GPU)
REGISTER_KERNEL_BUILDER(ICCONV_GPU("IcconvSgdUpdate"), SgdUpdateOp<ParameterUpdateOnGpu>);
REGISTER_KERNEL_BUILDER(ICCONV_GPU("IcconvAdamUpdate"), AdamUpdateOp<ParameterUpdateOnGpu>);
REGISTER_KERNEL_BUILDER(ICCONV_GPU("IcconvLinearCombination"), LinearCombinationOp<ParameterUpdateOnGpu>);
REGISTER_KERNEL_BUILDER(ICCONV_GPU("IcconvGlobalNorm"), GlobalNormOp<ParameterUpdateOnGpu>);

}  // namespace
}  // namespace icconv
