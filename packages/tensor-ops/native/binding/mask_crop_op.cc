// TensorFlow op IcconvCropMasks over ops/mask_crop.
#include "binding/mask_crop_base.h"
#include "binding/on_cpu.h"
#include "ops/mask_crop/mask_crop.h"
#include "tensorflow/core/framework/common_shape_fns.h"
#include "tensorflow/core/framework/op.h"
#include "tensorflow/core/framework/op_kernel.h"

namespace icconv {
namespace {

// counts of all masks; lengths [G], how many each has; rois [R, 4]; owners [R]; size [2]: H, W. Output: crops [R, S, S].
REGISTER_OP("IcconvCropMasks")
    .Input("counts: int32")
    .Input("lengths: int32")
    .Input("rois: float")
    .Input("owners: int32")
    .Input("size: int32")
    .Output("crops: float")
    .Attr("output_size: int >= 1")
    .Attr("sampling_ratio: int >= 0")
    .Attr("aligned: bool")
    .Attr("binary: bool")
    .SetShapeFn(tensorflow::shape_inference::UnknownShape);

class CropMasksOnCpu : public OnCpu {
public:
    using OnCpu::OnCpu;

    const float* floats(const tensorflow::Tensor& tensor) const { return tensor.flat<float>().data(); }
    void crop(const MaskCropParams& params, const int32_t* counts, const int32_t* lengths, const float* rois, const int32_t* owners,
              tensorflow::Tensor* crops) {
        crop_masks(params, counts, lengths, rois, owners, crops->flat<float>().data(), executor_);
    }
};

REGISTER_KERNEL_BUILDER(Name("IcconvCropMasks").Device(tensorflow::DEVICE_CPU), CropMasksOp<CropMasksOnCpu>);

}  // namespace
}  // namespace icconv
