// The ops of mask_paste_op.cc and mask_crop_op.cc on the GPU. The host computes, whose run lengths are; what a mask head gives is read back, and what
// it learns from goes over in one copy.
#include "binding/gpu/on_gpu.h"
#include "binding/mask_crop_base.h"
#include "binding/mask_paste_base.h"
#include "binding/tf_executor.h"
#include "common/memory.h"

namespace icconv {
namespace {

class MasksOnGpu : public OnGpu {
public:
    using OnGpu::OnGpu;

    // Read back, some kilobytes, when all that was queued before has ended. Lives as long as this.
    const float* floats(const tensorflow::Tensor& tensor) {
        const int64_t count = tensor.NumElements();
        read_.emplace_back(static_cast<size_t>(count), 0.0f);
        read(read_.back().data(), tensor.flat<float>().data(), count);
        return read_.back().data();
    }
    void crop(const MaskCropParams& params, const int32_t* counts, const int32_t* lengths, const float* rois, const int32_t* owners,
              tensorflow::Tensor* crops) {
        if (crops->NumElements() == 0) return;
        Array<float> made(static_cast<size_t>(crops->NumElements()), 0.0f);
        TfExecutor executor(context_);
        crop_masks(params, counts, lengths, rois, owners, made.data(), executor);
        launcher().to_device(crops->data(), made.data(), crops->TotalBytes());
    }

private:
    Array<Array<float>> read_;
};

#define ICCONV_GPU(op) Name(op).Device(tensorflow::DEVICE_GPU).HostMemory("counts").HostMemory("lengths").HostMemory("size")
REGISTER_KERNEL_BUILDER(ICCONV_GPU("IcconvPasteMasks"), PasteMasksOp<MasksOnGpu>);
REGISTER_KERNEL_BUILDER(ICCONV_GPU("IcconvCropMasks").HostMemory("owners"), CropMasksOp<MasksOnGpu>);

}  // namespace
}  // namespace icconv
