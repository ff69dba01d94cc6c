// TensorFlow op IcconvGroupKeypoints over ops/keypoint_grouping.
#include <algorithm>
#include <cstdint>
#include <cstring>
#include <limits>
#include <vector>

#include "binding/op.h"
#include "binding/tf_executor.h"
#include "ops/keypoint_grouping/keypoint_grouping.h"
#include "tensorflow/core/framework/common_shape_fns.h"
#include "tensorflow/core/framework/op.h"
#include "tensorflow/core/framework/op_kernel.h"

namespace icconv {
namespace {

using tensorflow::OpKernelConstruction;
using tensorflow::OpKernelContext;
using tensorflow::Tensor;

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

class GroupKeypointsOp final : public Op {
public:
    explicit GroupKeypointsOp(OpKernelConstruction* context) : Op(context) {
        std::vector<int32_t> bits;
        OP_REQUIRES_OK(context, context->GetAttr("nms_kernel", &params_.nms_kernel));
        OP_REQUIRES_OK(context, context->GetAttr("max_people", &params_.max_people));
        OP_REQUIRES_OK(context, context->GetAttr("detection_threshold", &params_.detection_threshold));
        OP_REQUIRES_OK(context, context->GetAttr("tag_threshold_bits", &bits));
        OP_REQUIRES_OK(context, context->GetAttr("use_detection_val", &params_.use_detection_val));
        OP_REQUIRES_OK(context, context->GetAttr("ignore_too_much", &params_.ignore_too_much));
        OP_REQUIRES_OK(context, context->GetAttr("adjust", &params_.adjust));
        OP_REQUIRES_OK(context, context->GetAttr("refine", &params_.refine));
        OP_REQUIRES_OK(context, context->GetAttr("joint_order", &params_.joint_order));
        OP_REQUIRES(context, bits.size() == 2, invalid_argument("tag_threshold_bits must have 2 numbers"));
        std::memcpy(&params_.tag_threshold, bits.data(), sizeof(double));
        OP_REQUIRES(context, params_.detection_threshold >= 0, invalid_argument("detection_threshold must be at least 0"));
    }

    void run(OpKernelContext* context) override {
        const Tensor& heatmaps = context->input(0);
        const Tensor& tags = context->input(1);
        OP_REQUIRES(context, heatmaps.dims() == 3 && heatmaps.NumElements() > 0,
                    invalid_argument("heatmaps must have shape [K, H, W], received ", heatmaps.shape().DebugString()));
        KeypointGroupingParams params = params_;
        params.joints = heatmaps.dim_size(0);
        params.height = heatmaps.dim_size(1);
        params.width = heatmaps.dim_size(2);
        OP_REQUIRES(context, element_count({params.height, params.width}) >= 0, invalid_argument("maps are too large"));
        OP_REQUIRES(context,
                    tags.dims() == 4 && tags.dim_size(0) > 0 && (tags.dim_size(1) == params.joints || tags.dim_size(1) == 1) &&
                        tags.dim_size(2) == params.height && tags.dim_size(3) == params.width,
                    invalid_argument("tags must have shape [T, K or 1, H, W], received ", tags.shape().DebugString()));
        params.tag_size = tags.dim_size(0);
        params.tag_maps = tags.dim_size(1);
        const auto joints = static_cast<size_t>(params.joints);
        Array<bool> seen(joints, false);
        for (int32_t joint : params.joint_order) {
            if (joint >= 0 && joint < params.joints) seen[static_cast<size_t>(joint)] = true;
        }
        OP_REQUIRES(context, params.joint_order.size() == joints && std::find(seen.begin(), seen.end(), false) == seen.end(),
                    invalid_argument("joint_order must be a permutation of ", params.joints, " joints"));
        TfExecutor executor(context);
        const KeypointGroups groups = group_keypoints(params, heatmaps.flat<float>().data(), tags.flat<float>().data(), executor);
        OP_REQUIRES(context, groups.finite, invalid_argument("a map holds a number that is not finite"));
        Tensor* poses = nullptr;
        Tensor* scores = nullptr;
        OP_REQUIRES_OK(context, allocate_output(context, 0, "poses", {groups.people, params.joints, 3 + params.tag_size}, &poses));
        OP_REQUIRES_OK(context, allocate_output(context, 1, "scores", {groups.people}, &scores));
        std::copy(groups.poses.begin(), groups.poses.end(), poses->flat<float>().data());
        std::copy(groups.scores.begin(), groups.scores.end(), scores->flat<float>().data());
    }

private:
    KeypointGroupingParams params_{};
};

REGISTER_KERNEL_BUILDER(Name("IcconvGroupKeypoints").Device(tensorflow::DEVICE_CPU), GroupKeypointsOp);

}  // namespace
}  // namespace icconv
