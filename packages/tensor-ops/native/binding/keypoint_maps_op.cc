// TensorFlow op IcconvAggregateKeypointMaps over ops/keypoint_maps.
#include "binding/keypoint_maps_base.h"
#include "binding/on_cpu.h"
#include "tensorflow/core/framework/common_shape_fns.h"
#include "tensorflow/core/framework/op.h"
#include "tensorflow/core/framework/op_kernel.h"

namespace icconv {
namespace {

// maps [F, h, w, C] each; size [2]: H, W, a tensor and no attribute, because TensorFlow keeps a kernel for every set of attribute values
// it has seen. Outputs: heatmaps [K, H, W], tags [F, C - K, H, W] of maps[tags_from].
REGISTER_OP("IcconvAggregateKeypointMaps")
    .Input("maps: N * float")
    .Input("size: int32")
    .Output("heatmaps: float")
    .Output("tags: float")
    .Attr("N: int >= 1")
    .Attr("keypoints: int >= 1")
    .Attr("flip_index: list(int)")
    .Attr("tags_from: int >= 0")
    .SetShapeFn(tensorflow::shape_inference::UnknownShape);

class KeypointMapsOnCpu : public OnCpu {
public:
    using OnCpu::OnCpu;

    absl::Status aggregate(const KeypointMapsParams& params, const Array<KeypointOutput>& outputs, float* heatmaps, float* tags) {
        aggregate_keypoint_maps(params, outputs, heatmaps, tags, executor_);
        return absl::OkStatus();
    }
};

REGISTER_KERNEL_BUILDER(Name("IcconvAggregateKeypointMaps").Device(tensorflow::DEVICE_CPU), AggregateKeypointMapsOp<KeypointMapsOnCpu>);

}  // namespace
}  // namespace icconv
