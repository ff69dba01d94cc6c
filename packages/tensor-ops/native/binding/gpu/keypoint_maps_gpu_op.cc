// The op of keypoint_maps_op.cc on the GPU, over keypoint_maps_cuda.h.
#include "binding/gpu/on_gpu.h"
#include "binding/keypoint_maps_base.h"
#include "ops/keypoint_maps/keypoint_maps_cuda.h"

namespace icconv {
namespace {

class KeypointMapsOnGpu : public OnGpu {
public:
    using OnGpu::OnGpu;

    absl::Status aggregate(const KeypointMapsParams& params, const Array<KeypointOutput>& outputs, float* heatmaps, float* tags) {
        if (outputs.size() > kKeypointOutputs) return invalid_argument("at most ", kKeypointOutputs, " maps on a GPU, received ", outputs.size());
        const int32_t* const flip_index = place(params.flip_index.data(), static_cast<int64_t>(params.flip_index.size()));
        aggregate_keypoint_maps_cuda(params, flip_index, outputs, heatmaps, tags, launcher());
        return absl::OkStatus();
    }
};

REGISTER_KERNEL_BUILDER(Name("IcconvAggregateKeypointMaps").Device(tensorflow::DEVICE_GPU).HostMemory("size"),
                        AggregateKeypointMapsOp<KeypointMapsOnGpu>);

}  // namespace
}  // namespace icconv
