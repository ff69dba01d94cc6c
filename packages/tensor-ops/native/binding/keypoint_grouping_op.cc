// TensorFlow op IcconvGroupKeypoints over ops/keypoint_grouping.
#include "binding/keypoint_grouping_base.h"
#include "binding/on_cpu.h"
#include "tensorflow/core/framework/common_shape_fns.h"
#include "tensorflow/core/framework/op.h"
#include "tensorflow/core/framework/op_kernel.h"

namespace icconv {
namespace {

// heatmaps [K, H, W]; tags [T, K or 1, H, W]. Outputs: poses [P, K, 3 + T], scores [P]. The tag threshold is a double, which attributes
// cannot hold: its low and high 32 bits.
REGISTER_OP("IcconvGroupKeypoints")
    .Input("heatmaps: float")
    .Input("tags: float")
    .Output("poses: float")
    .Output("scores: float")
    .Attr("nms_kernel: int >= 1")
    .Attr("max_people: int >= 1")
    .Attr("detection_threshold: float")
    .Attr("tag_threshold_bits: list(int)")
    .Attr("use_detection_val: bool")
    .Attr("ignore_too_much: bool")
    .Attr("adjust: bool")
    .Attr("refine: bool")
    .Attr("joint_order: list(int)")
    .SetShapeFn(tensorflow::shape_inference::UnknownShape);

class GroupKeypointsOnCpu : public OnCpu {
public:
    using OnCpu::OnCpu;

    KeypointGroups group(const KeypointGroupingParams& params, const float* heatmaps, const float* tags) {
        return group_keypoints(params, heatmaps, tags, executor_);
    }
};

REGISTER_KERNEL_BUILDER(Name("IcconvGroupKeypoints").Device(tensorflow::DEVICE_CPU), GroupKeypointsOp<GroupKeypointsOnCpu>);

}  // namespace
}  // namespace icconv
