// The op of keypoint_grouping_op.cc on the GPU, over keypoint_grouping_cuda.h: maps stay there, peaks and places are read back.
#include "binding/gpu/on_gpu.h"
#include "binding/keypoint_grouping_base.h"
#include "ops/keypoint_grouping/keypoint_grouping_cuda.h"

namespace icconv {
namespace {

class GroupKeypointsOnGpu : public OnGpu {
public:
    using OnGpu::OnGpu;

    KeypointGroups group(const KeypointGroupingParams& params, const float* heatmaps, const float* tags) {
        KeypointCudaReader<OnGpu> reader(params, heatmaps, tags, *this);
        return group_keypoints(params, reader);
    }
};

REGISTER_KERNEL_BUILDER(Name("IcconvGroupKeypoints").Device(tensorflow::DEVICE_GPU).HostMemory("poses").HostMemory("scores"),
                        GroupKeypointsOp<GroupKeypointsOnGpu>);

}  // namespace
}  // namespace icconv
