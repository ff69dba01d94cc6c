// The ops of roi_align_op.cc on the GPU, over roi_align_cuda.h.
#include "binding/gpu/gpu_op.h"
#include "binding/roi_align_base.h"
#include "ops/roi_align/roi_align_cuda.h"

namespace icconv {
namespace {

using tensorflow::OpKernelContext;
using tensorflow::Tensor;

class OnGpu {
public:
    explicit OnGpu(OpKernelContext* context) : context_(context), launcher_(stream_of(context)) {}

    // Read back, some kilobytes: a RoI that names what is absent is an error, which only the values tell.
    const float* rois(const Tensor& rois) {
        host_.resize(static_cast<size_t>(rois.NumElements()));
        launcher_.to_host(host_.data(), rois.data(), rois.TotalBytes());
        return host_.data();
    }
    absl::Status allocate(int index, const char* name, std::initializer_list<int64_t> lengths, Tensor** output) const {
        return allocate_on_device(context_, index, name, lengths, output);
    }
    absl::Status forward(const RoiAlignParams& params, const RoiAlignLevel* levels, const float* const* features, int level_count,
                         const Tensor& rois, const Rois& host, float* output) {
        if (level_count > kRoiAlignMaps) return invalid_argument("at most ", kRoiAlignMaps, " maps on a GPU, received ", level_count);
        Rois placed;
        TF_RETURN_IF_ERROR(place(rois, host, &placed));
        roi_align_cuda(params, levels, features, level_count, placed, output, launcher_);
        return absl::OkStatus();
    }
    absl::Status grad(const RoiAlignParams& params, const RoiAlignLevel& level, int level_index, const Tensor& rois, const Rois& host,
                      const float* grad_output, float* grad_features) {
        Rois placed;
        TF_RETURN_IF_ERROR(place(rois, host, &placed));
        roi_align_grad_cuda(params, level, level_index, placed, grad_output, grad_features, launcher_);
        return absl::OkStatus();
    }

private:
    absl::Status place(const Tensor& rois, const Rois& host, Rois* placed) {
        *placed = {rois.flat<float>().data(), nullptr, host.count};
        if (host.levels == nullptr) return absl::OkStatus();
        TF_RETURN_IF_ERROR(context_->allocate_temp(tensorflow::DT_INT32, {host.count}, &levels_));
        launcher_.to_device(levels_.data(), host.levels, host.count * sizeof(int32_t));
        placed->levels = levels_.flat<int32_t>().data();
        return absl::OkStatus();
    }

    OpKernelContext* context_;
    DriverLauncher launcher_;
    Array<float> host_;
    Tensor levels_;
};

#define ICCONV_GPU(op) Name(op).Device(tensorflow::DEVICE_GPU)
REGISTER_KERNEL_BUILDER(ICCONV_GPU("IcconvRoiAlign").HostMemory("levels"), RoiAlignOp<OnGpu>);
REGISTER_KERNEL_BUILDER(ICCONV_GPU("IcconvRoiAlignGrad").HostMemory("levels").HostMemory("map_size"), RoiAlignGradOp<OnGpu>);

}  // namespace
}  // namespace icconv
