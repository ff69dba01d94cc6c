// The op of nms_op.cc on the GPU, over nms_cuda.h: kept indices stay there.
#include "binding/gpu/on_gpu.h"
#include "binding/nms_base.h"
#include "ops/nms/nms_cuda.h"

namespace icconv {
namespace {

// Of the mask at a time: 23,000 candidates.
constexpr size_t kMaskBytes = 64 << 20;

class NmsOnGpu : public OnGpu {
public:
    using OnGpu::OnGpu;

    absl::Status suppress(const NmsParams& params, const float* boxes, const float* scores, const int32_t* groups, int64_t count) {
        NmsCudaResult result{nullptr, 0, -1};
        if (count > 0) result = nms_cuda<OnGpu>(params, boxes, scores, groups == nullptr ? nullptr : place(groups, count), count, kMaskBytes, *this);
        if (result.bad >= 0) return nan_score(result.bad);
        tensorflow::Tensor* output = nullptr;
        TF_RETURN_IF_ERROR(allocate(0, "kept", {result.count}, &output));
        launcher().within_device(output->data(), result.kept, static_cast<size_t>(result.count) * sizeof(int32_t));
        return absl::OkStatus();
    }
};

REGISTER_KERNEL_BUILDER(Name("IcconvNms").Device(tensorflow::DEVICE_GPU).HostMemory("groups"), NmsOp<NmsOnGpu>);

}  // namespace
}  // namespace icconv
