// What the op of grouping keypoints shares on the CPU and on the GPU: its attributes and the checks of its inputs.
#ifndef ICCONV_BINDING_KEYPOINT_GROUPING_BASE_H_
#define ICCONV_BINDING_KEYPOINT_GROUPING_BASE_H_

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <limits>
#include <vector>

#include "binding/op.h"
#include "common/memory.h"
#include "ops/keypoint_grouping/keypoint_grouping.h"
#include "tensorflow/core/framework/op_kernel.h"

namespace icconv {

// Device: OnCpu or OnGpu with group_keypoints() as group(). Results are of the host.
template <typename Device>
class GroupKeypointsOp final : public Op {
public:
    explicit GroupKeypointsOp(tensorflow::OpKernelConstruction* context) : Op(context) {
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

    void run(tensorflow::OpKernelContext* context) override {
        const tensorflow::Tensor& heatmaps = context->input(0);
        const tensorflow::Tensor& tags = context->input(1);
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
        Device device(context);
        const KeypointGroups groups = device.group(params, heatmaps.flat<float>().data(), tags.flat<float>().data());
        OP_REQUIRES(context, groups.finite, invalid_argument("a map holds a number that is not finite"));
        tensorflow::Tensor* poses = nullptr;
        tensorflow::Tensor* scores = nullptr;
        OP_REQUIRES_OK(context, allocate_output(context, 0, "poses", {groups.people, params.joints, 3 + params.tag_size}, &poses));
        OP_REQUIRES_OK(context, allocate_output(context, 1, "scores", {groups.people}, &scores));
        std::copy(groups.poses.begin(), groups.poses.end(), poses->flat<float>().data());
        std::copy(groups.scores.begin(), groups.scores.end(), scores->flat<float>().data());
    }

private:
    KeypointGroupingParams params_{};
};

}  // namespace icconv

#endif  // ICCONV_BINDING_KEYPOINT_GROUPING_BASE_H_
