// TensorFlow op IcconvAggregateKeypointMaps over ops/keypoint_maps.
#include <algorithm>
#include <cstdint>
#include <vector>

#include "binding/op.h"
#include "binding/tf_executor.h"
#include "ops/keypoint_maps/keypoint_maps.h"
#include "tensorflow/core/framework/common_shape_fns.h"
#include "tensorflow/core/framework/op.h"
#include "tensorflow/core/framework/op_kernel.h"

namespace icconv {
namespace {

using tensorflow::OpInputList;
using tensorflow::OpKernelConstruction;
using tensorflow::OpKernelContext;
using tensorflow::Tensor;

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

class AggregateKeypointMapsOp final : public Op {
public:
    explicit AggregateKeypointMapsOp(OpKernelConstruction* context) : Op(context) {
        OP_REQUIRES_OK(context, context->GetAttr("keypoints", &params_.keypoints));
        OP_REQUIRES_OK(context, context->GetAttr("flip_index", &params_.flip_index));
        OP_REQUIRES_OK(context, context->GetAttr("tags_from", &params_.tags_from));
        const auto inside = [&](int32_t k) { return k >= 0 && k < params_.keypoints; };
        OP_REQUIRES(context,
                    static_cast<int64_t>(params_.flip_index.size()) == params_.keypoints &&
                        std::all_of(params_.flip_index.begin(), params_.flip_index.end(), inside),
                    invalid_argument("flip_index must name ", params_.keypoints, " keypoints"));
    }

    void run(OpKernelContext* context) override {
        OpInputList maps;
        OP_REQUIRES_OK(context, context->input_list("maps", &maps));
        const Tensor& size = context->input(maps.size());
        OP_REQUIRES(context, size.NumElements() == 2, invalid_argument("size must have 2 numbers"));
        KeypointMapsParams params = params_;
        params.height = size.flat<int32_t>()(0);
        params.width = size.flat<int32_t>()(1);
        OP_REQUIRES(context, params.height > 0 && params.width > 0, invalid_argument("size must be positive"));
        OP_REQUIRES(context, params.tags_from < maps.size(), invalid_argument("tags_from must name one of ", maps.size(), " maps"));
        Array<KeypointOutput> outputs;
        for (int i = 0; i < maps.size(); ++i) {
            const Tensor& map = maps[i];
            OP_REQUIRES(context, map.dims() == 4 && map.NumElements() > 0 && map.dim_size(0) <= 2,
                        invalid_argument("map ", i, " must have shape [1 or 2, h, w, C], received ", map.shape().DebugString()));
            const int64_t tags = map.dim_size(3) - params.keypoints;
            OP_REQUIRES(context, tags == 0 || tags == 1 || tags == params.keypoints,
                        invalid_argument("map ", i, " must have 0, 1 or ", params.keypoints, " tag channels, received ", tags));
            outputs.push_back({map.flat<float>().data(), map.dim_size(0), map.dim_size(1), map.dim_size(2), map.dim_size(3)});
        }
        const KeypointOutput& tagged = outputs[static_cast<size_t>(params.tags_from)];
        Tensor* heatmaps = nullptr;
        Tensor* tags = nullptr;
        OP_REQUIRES_OK(context, allocate_output(context, 0, "heatmaps", {params.keypoints, params.height, params.width}, &heatmaps));
        OP_REQUIRES_OK(context, allocate_output(context, 1, "tags", {tagged.images, tagged.channels - params.keypoints, params.height, params.width},
                                                &tags));
        TfExecutor executor(context);
        aggregate_keypoint_maps(params, outputs, heatmaps->flat<float>().data(), tags->flat<float>().data(), executor);
    }

private:
    KeypointMapsParams params_{};
};

REGISTER_KERNEL_BUILDER(Name("IcconvAggregateKeypointMaps").Device(tensorflow::DEVICE_CPU), AggregateKeypointMapsOp);

}  // namespace
}  // namespace icconv
