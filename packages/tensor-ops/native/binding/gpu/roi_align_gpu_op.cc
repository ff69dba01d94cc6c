// The ops of roi_align_op.cc on the GPU, over roi_align_cuda.h.
#include "binding/gpu/on_gpu.h"
#include "binding/roi_align_base.h"
#include "ops/roi_align/roi_align_cuda.h"

namespace icconv {
namespace {

using tensorflow::Tensor;

class RoiAlignOnGpu : public OnGpu {
public:
    using OnGpu::OnGpu;

    // Read back, some kilobytes: a RoI that names what is absent is an error, which only the values tell.
    const float* rois(const Tensor& rois) {
        host_.resize(static_cast<size_t>(rois.NumElements()));
        launcher().to_host(host_.data(), rois.data(), rois.TotalBytes());
        return host_.data();
    }
    absl::Status forward(const RoiAlignParams& params, const RoiAlignLevel* levels, const float* const* features, int level_count,
                         const Tensor& rois, const Rois& host, float* output) {
        if (level_count > kRoiAlignMaps) return invalid_argument("at most ", kRoiAlignMaps, " maps on a GPU, received ", level_count);
        roi_align_cuda(params, levels, features, level_count, placed(rois, host), output, launcher());
        return absl::OkStatus();
    }
    absl::Status grad(const RoiAlignParams& params, const RoiAlignLevel& level, int level_index, const Tensor& rois, const Rois& host,
                      const float* grad_output, float* grad_features) {
        roi_align_grad_cuda(params, level, level_index, placed(rois, host), grad_output, grad_features, launcher());
        return absl::OkStatus();
    }

private:
    Rois placed(const Tensor& rois, const Rois& host) {
        return {rois.flat<float>().data(), host.levels == nullptr ? nullptr : place(host.levels, host.count), host.count};
    }

    Array<float> host_;
};

#define ICCONV_GPU(op) Name(op).Device(tensorflow::DEVICE_GPU)
REGISTER_KERNEL_BUILDER(ICCONV_GPU("IcconvRoiAlign").HostMemory("levels"), RoiAlignOp<RoiAlignOnGpu>);
REGISTER_KERNEL_BUILDER(ICCONV_GPU("IcconvRoiAlignGrad").HostMemory("levels").HostMemory("map_size"), RoiAlignGradOp<RoiAlignOnGpu>);

}  // namespace
}  // namespace icconv
