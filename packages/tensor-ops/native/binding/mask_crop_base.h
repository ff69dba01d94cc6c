// What the op of mask crops shares on the CPU and on the GPU: its attributes and the checks of its inputs.
#ifndef ICCONV_BINDING_MASK_CROP_BASE_H_
#define ICCONV_BINDING_MASK_CROP_BASE_H_

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "binding/op.h"
#include "ops/mask_crop/mask_crop.h"
#include "tensorflow/core/framework/op_kernel.h"

namespace icconv {

// Device: OnCpu or OnGpu. Its floats() gives a tensor's numbers on the host, where run lengths, owners and size are already; crop() makes the
// output from there.
template <typename Device>
class CropMasksOp final : public Op {
public:
    explicit CropMasksOp(tensorflow::OpKernelConstruction* context) : Op(context) {
        OP_REQUIRES_OK(context, context->GetAttr("output_size", &params_.size));
        OP_REQUIRES_OK(context, context->GetAttr("sampling_ratio", &params_.sampling_ratio));
        OP_REQUIRES_OK(context, context->GetAttr("aligned", &params_.aligned));
        OP_REQUIRES_OK(context, context->GetAttr("binary", &params_.binary));
    }

    void run(tensorflow::OpKernelContext* context) override {
        const tensorflow::Tensor& counts = context->input(0);
        const tensorflow::Tensor& lengths = context->input(1);
        const tensorflow::Tensor& rois = context->input(2);
        const tensorflow::Tensor& owners = context->input(3);
        const tensorflow::Tensor& size = context->input(4);
        OP_REQUIRES(context, rois.dims() == 2 && rois.dim_size(1) == 4, invalid_argument("rois must have shape [R, 4], received ", rois.shape().DebugString()));
        OP_REQUIRES(context, size.NumElements() == 2, invalid_argument("size must have 2 numbers"));
        MaskCropParams params = params_;
        params.masks = lengths.NumElements();
        params.rois = rois.dim_size(0);
        params.height = size.flat<int32_t>()(0);
        params.width = size.flat<int32_t>()(1);
        OP_REQUIRES(context, element_count({params.height, params.width}) > 0, invalid_argument("size must be that of a picture"));
        const int32_t* owner = owners.flat<int32_t>().data();
        OP_REQUIRES(context, owners.NumElements() == params.rois && std::all_of(owner, owner + params.rois, [&](int32_t g) { return g >= 0 && g < params.masks; }),
                    invalid_argument("owners must name one of ", params.masks, " masks for each of ", params.rois, " rois"));
        Device device(context);
        const float* corners = device.floats(rois);
        OP_REQUIRES(context, std::all_of(corners, corners + 4 * params.rois, [](float v) { return std::isfinite(v); }),
                    invalid_argument("a roi holds a number that is not finite"));
        // What is written by runs must lie within the bitmap.
        const int32_t* count = counts.flat<int32_t>().data();
        int64_t at = 0;
        for (int64_t g = 0; g < params.masks; ++g) {
            const int64_t runs = lengths.flat<int32_t>()(g);
            OP_REQUIRES(context, runs >= 0 && runs <= counts.NumElements() - at, invalid_argument("lengths must add up to the counts"));
            int64_t pixels = 0;
            for (int64_t i = 0; i < runs; ++i) {
                OP_REQUIRES(context, count[at + i] >= 0, invalid_argument("a run of mask ", g, " is negative"));
                pixels += count[at + i];
            }
            OP_REQUIRES(context, pixels == params.height * params.width, invalid_argument("runs of mask ", g, " cover ", pixels, " pixels"));
            at += runs;
        }
        tensorflow::Tensor* crops = nullptr;
        OP_REQUIRES_OK(context, device.allocate(0, "crops", {params.rois, params.size, params.size}, &crops));
        device.crop(params, count, lengths.flat<int32_t>().data(), corners, owner, crops);
    }

private:
    MaskCropParams params_{};
};

}  // namespace icconv

#endif  // ICCONV_BINDING_MASK_CROP_BASE_H_
