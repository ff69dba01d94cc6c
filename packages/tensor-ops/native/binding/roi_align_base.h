// What the ops of RoIAlign share on the CPU and on the GPU: their attributes and the checks of their inputs.
#ifndef ICCONV_BINDING_ROI_ALIGN_BASE_H_
#define ICCONV_BINDING_ROI_ALIGN_BASE_H_

#include <cstdint>
#include <vector>

#include "binding/op.h"
#include "common/memory.h"
#include "ops/roi_align/roi_align.h"
#include "tensorflow/core/framework/op_kernel.h"

namespace icconv {

inline absl::Status check_rois(const tensorflow::Tensor& rois, const tensorflow::Tensor& levels) {
    if (rois.dims() != 2 || rois.dim_size(1) != 5) {
        return invalid_argument("rois must have shape [R, 5], received ", rois.shape().DebugString());
    }
    if (levels.dims() != 1 || (levels.dim_size(0) != 0 && levels.dim_size(0) != rois.dim_size(0))) {
        return invalid_argument("levels must have shape [0] or [R], received ", levels.shape().DebugString());
    }
    return absl::OkStatus();
}

inline const int32_t* levels_of(const tensorflow::Tensor& levels) { return levels.NumElements() == 0 ? nullptr : levels.flat<int32_t>().data(); }

// The TypeScript side looks for "roi <index>" in this message; see src/ops/roi-align/roi-align-native.ts.
inline absl::Status bad_roi(int64_t index) {
    return invalid_argument("roi ", index, " names an absent image or map, or has corners that are not finite in feature pixels");
}

// Device: where tensors lie and kernels run. Its rois() gives the RoIs' numbers on the host, levels being there already; allocate() gives an
// output; forward() and grad() run the kernels.
template <typename Device>
class RoiAlignOp final : public Op {
public:
    explicit RoiAlignOp(tensorflow::OpKernelConstruction* context) : Op(context) {
        OP_REQUIRES_OK(context, context->GetAttr("scales", &scales_));
        OP_REQUIRES_OK(context, context->GetAttr("pooled_height", &params_.pooled_height));
        OP_REQUIRES_OK(context, context->GetAttr("pooled_width", &params_.pooled_width));
        OP_REQUIRES_OK(context, context->GetAttr("sampling_ratio", &params_.sampling_ratio));
        OP_REQUIRES(context, params_.sampling_ratio <= kMostSamplingRatio,
                    invalid_argument("sampling_ratio must be at most ", kMostSamplingRatio, ", received ", params_.sampling_ratio));
        OP_REQUIRES_OK(context, context->GetAttr("aligned", &params_.aligned));
    }

    void run(tensorflow::OpKernelContext* context) override {
        const tensorflow::Tensor& rois = context->input(0);
        const tensorflow::Tensor& levels = context->input(1);
        tensorflow::OpInputList features;
        OP_REQUIRES_OK(context, context->input_list("features", &features));
        OP_REQUIRES_OK(context, check_rois(rois, levels));
        OP_REQUIRES(context, static_cast<size_t>(features.size()) == scales_.size(),
                    invalid_argument("expected one scale a map, received ", scales_.size(), " for ", features.size(), " maps"));
        RoiAlignParams params = params_;
        Array<RoiAlignLevel> maps;
        Array<const float*> data;
        for (int l = 0; l < features.size(); ++l) {
            const tensorflow::Tensor& map = features[l];
            OP_REQUIRES(context, map.dims() == 4, invalid_argument("features must have shape [N, H, W, C], received ", map.shape().DebugString()));
            OP_REQUIRES(context, map.dim_size(3) == features[0].dim_size(3), invalid_argument("all maps must have the same number of channels"));
            OP_REQUIRES(context, map.dim_size(1) > 0 && map.dim_size(2) > 0, invalid_argument("features must not be empty, received ", map.shape().DebugString()));
            maps.push_back({map.dim_size(0), map.dim_size(1), map.dim_size(2), scales_[static_cast<size_t>(l)]});
            data.push_back(map.flat<float>().data());
        }
        params.channels = features[0].dim_size(3);
        Device device(context);
        const Rois view_of_rois{device.rois(rois), levels_of(levels), rois.dim_size(0)};
        const int64_t bad = first_bad_roi(view_of_rois, maps.data(), static_cast<int>(maps.size()));
        OP_REQUIRES(context, bad < 0, bad_roi(bad));
        tensorflow::Tensor* output = nullptr;
        OP_REQUIRES_OK(context,
                       device.allocate(0, "output", {rois.dim_size(0), params.pooled_height, params.pooled_width, params.channels}, &output));
        if (output->NumElements() == 0) return;
        OP_REQUIRES_OK(context, device.forward(params, maps.data(), data.data(), static_cast<int>(maps.size()), rois, view_of_rois, output->flat<float>().data()));
    }

private:
    RoiAlignParams params_{};
    std::vector<float> scales_;
};

template <typename Device>
class RoiAlignGradOp final : public Op {
public:
    explicit RoiAlignGradOp(tensorflow::OpKernelConstruction* context) : Op(context) {
        OP_REQUIRES_OK(context, context->GetAttr("level", &level_index_));
        OP_REQUIRES_OK(context, context->GetAttr("scale", &scale_));
        OP_REQUIRES_OK(context, context->GetAttr("sampling_ratio", &params_.sampling_ratio));
        OP_REQUIRES(context, params_.sampling_ratio <= kMostSamplingRatio,
                    invalid_argument("sampling_ratio must be at most ", kMostSamplingRatio, ", received ", params_.sampling_ratio));
        OP_REQUIRES_OK(context, context->GetAttr("aligned", &params_.aligned));
    }

    void run(tensorflow::OpKernelContext* context) override {
        const tensorflow::Tensor& grad = context->input(0);
        const tensorflow::Tensor& rois = context->input(1);
        const tensorflow::Tensor& levels = context->input(2);
        OP_REQUIRES_OK(context, check_rois(rois, levels));
        OP_REQUIRES(context, grad.dims() == 4 && grad.dim_size(0) == rois.dim_size(0),
                    invalid_argument("grad must have shape [R, PH, PW, C], received ", grad.shape().DebugString()));
        RoiAlignParams params = params_;
        params.pooled_height = grad.dim_size(1);
        params.pooled_width = grad.dim_size(2);
        params.channels = grad.dim_size(3);
        const tensorflow::Tensor& map_size = context->input(3);
        OP_REQUIRES(context, map_size.NumElements() == 3, invalid_argument("map_size must be [batch, height, width]"));
        const auto sizes = map_size.flat<int32_t>();
        const RoiAlignLevel level = {sizes(0), sizes(1), sizes(2), scale_};
        OP_REQUIRES(context, level.batch >= 0 && level.height >= 0 && level.width >= 0, invalid_argument("map_size must not be negative"));
        Device device(context);
        const Rois view_of_rois{device.rois(rois), levels_of(levels), rois.dim_size(0)};
        for (int64_t r = 0; r < view_of_rois.count; ++r) {
            // RoIs of other maps are skipped, and their images are those maps' affair.
            if (view_of_rois.levels != nullptr && view_of_rois.levels[r] != level_index_) continue;
            OP_REQUIRES(context, first_bad_roi({view_of_rois.data + r * 5, nullptr, 1}, &level, 1) < 0, bad_roi(r));
        }
        tensorflow::Tensor* output = nullptr;
        OP_REQUIRES_OK(context, device.allocate(0, "output", {level.batch, level.height, level.width, params.channels}, &output));
        if (output->NumElements() == 0) return;
        OP_REQUIRES_OK(context, device.grad(params, level, level_index_, rois, view_of_rois, grad.flat<float>().data(), output->flat<float>().data()));
    }

private:
    RoiAlignParams params_{};
    float scale_ = 1;
    int level_index_ = 0;
};

}  // namespace icconv

#endif  // ICCONV_BINDING_ROI_ALIGN_BASE_H_
