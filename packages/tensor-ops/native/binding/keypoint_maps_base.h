// What the op of heatmaps and tag maps shares on the CPU and on the GPU: its attributes and the checks of its inputs.
#ifndef ICCONV_BINDING_KEYPOINT_MAPS_BASE_H_
#define ICCONV_BINDING_KEYPOINT_MAPS_BASE_H_

#include <algorithm>
#include <cstdint>
#include <vector>

#include "binding/op.h"
#include "common/memory.h"
#include "ops/keypoint_maps/keypoint_maps.h"
#include "tensorflow/core/framework/op_kernel.h"

namespace icconv {

// Device: OnCpu or OnGpu with aggregate_keypoint_maps() as aggregate(), which may refuse.
template <typename Device>
class AggregateKeypointMapsOp final : public Op {
public:
    explicit AggregateKeypointMapsOp(tensorflow::OpKernelConstruction* context) : Op(context) {
        OP_REQUIRES_OK(context, context->GetAttr("keypoints", &params_.keypoints));
        OP_REQUIRES_OK(context, context->GetAttr("flip_index", &params_.flip_index));
        OP_REQUIRES_OK(context, context->GetAttr("tags_from", &params_.tags_from));
        const auto inside = [&](int32_t k) { return k >= 0 && k < params_.keypoints; };
        OP_REQUIRES(context,
                    static_cast<int64_t>(params_.flip_index.size()) == params_.keypoints &&
                        std::all_of(params_.flip_index.begin(), params_.flip_index.end(), inside),
                    invalid_argument("flip_index must name ", params_.keypoints, " keypoints"));
    }

    void run(tensorflow::OpKernelContext* context) override {
        tensorflow::OpInputList maps;
        OP_REQUIRES_OK(context, context->input_list("maps", &maps));
        const tensorflow::Tensor& size = context->input(maps.size());
        OP_REQUIRES(context, size.NumElements() == 2, invalid_argument("size must have 2 numbers"));
        KeypointMapsParams params = params_;
        params.height = size.flat<int32_t>()(0);
        params.width = size.flat<int32_t>()(1);
        OP_REQUIRES(context, params.height > 0 && params.width > 0, invalid_argument("size must be positive"));
        OP_REQUIRES(context, params.tags_from < maps.size(), invalid_argument("tags_from must name one of ", maps.size(), " maps"));
        Array<KeypointOutput> outputs;
        for (int i = 0; i < maps.size(); ++i) {
            const tensorflow::Tensor& map = maps[i];
            OP_REQUIRES(context, map.dims() == 4 && map.NumElements() > 0 && map.dim_size(0) <= 2,
                        invalid_argument("map ", i, " must have shape [1 or 2, h, w, C], received ", map.shape().DebugString()));
            const int64_t tags = map.dim_size(3) - params.keypoints;
            OP_REQUIRES(context, tags == 0 || tags == 1 || tags == params.keypoints,
                        invalid_argument("map ", i, " must have 0, 1 or ", params.keypoints, " tag channels, received ", tags));
            outputs.push_back({map.flat<float>().data(), map.dim_size(0), map.dim_size(1), map.dim_size(2), map.dim_size(3)});
        }
        const KeypointOutput& tagged = outputs[static_cast<size_t>(params.tags_from)];
        Device device(context);
        tensorflow::Tensor* heatmaps = nullptr;
        tensorflow::Tensor* tags = nullptr;
        OP_REQUIRES_OK(context, device.allocate(0, "heatmaps", {params.keypoints, params.height, params.width}, &heatmaps));
        OP_REQUIRES_OK(context, device.allocate(1, "tags", {tagged.images, tagged.channels - params.keypoints, params.height, params.width}, &tags));
        OP_REQUIRES_OK(context, device.aggregate(params, outputs, heatmaps->flat<float>().data(), tags->flat<float>().data()));
    }

private:
    KeypointMapsParams params_{};
};

}  // namespace icconv

#endif  // ICCONV_BINDING_KEYPOINT_MAPS_BASE_H_
