// TensorFlow ops IcconvRoiAlign and IcconvRoiAlignGrad over ops/roi_align.
#include "binding/on_cpu.h"
#include "binding/roi_align_base.h"
#include "ops/roi_align/roi_align.h"
#include "tensorflow/core/framework/common_shape_fns.h"
#include "tensorflow/core/framework/op.h"
#include "tensorflow/core/framework/op_kernel.h"

namespace icconv {
namespace {

using tensorflow::Tensor;

// rois [R, 5] (image, x1, y1, x2, y2); levels [R], the map of each RoI, or [0] when there is one map; scales: one a map.
REGISTER_OP("IcconvRoiAlign")
    .Input("rois: float")
    .Input("levels: int32")
    .Input("features: N * float")
    .Output("output: float")
    .Attr("N: int >= 1")
    .Attr("scales: list(float) >= 1")
    .Attr("pooled_height: int >= 1")
    .Attr("pooled_width: int >= 1")
    .Attr("sampling_ratio: int >= 0")
    .Attr("aligned: bool")
    .SetShapeFn(tensorflow::shape_inference::UnknownShape);

// Gradient with respect to map `level`, [batch, height, width, channels of grad]. map_size [3], batch, height and width, is a tensor and no
// attribute: maps differ in size, and TensorFlow keeps a kernel for every set of attribute values it has seen.
REGISTER_OP("IcconvRoiAlignGrad")
    .Input("grad: float")
    .Input("rois: float")
    .Input("levels: int32")
    .Input("map_size: int32")
    .Output("output: float")
    .Attr("level: int >= 0")
    .Attr("scale: float")
    .Attr("sampling_ratio: int >= 0")
    .Attr("aligned: bool")
    .SetShapeFn(tensorflow::shape_inference::UnknownShape);

class RoiAlignOnCpu : public OnCpu {
public:
    using OnCpu::OnCpu;

    const float* rois(const Tensor& rois) const { return rois.flat<float>().data(); }
    absl::Status forward(const RoiAlignParams& params, const RoiAlignLevel* levels, const float* const* features, int level_count, const Tensor&,
                         const Rois& rois, float* output) {
        roi_align(params, levels, features, level_count, rois, output, executor_);
        return absl::OkStatus();
    }
    absl::Status grad(const RoiAlignParams& params, const RoiAlignLevel& level, int level_index, const Tensor&, const Rois& rois,
                      const float* grad_output, float* grad_features) {
        roi_align_grad(params, level, level_index, rois, grad_output, grad_features, executor_);
        return absl::OkStatus();
    }
};

REGISTER_KERNEL_BUILDER(Name("IcconvRoiAlign").Device(tensorflow::DEVICE_CPU), RoiAlignOp<RoiAlignOnCpu>);
REGISTER_KERNEL_BUILDER(Name("IcconvRoiAlignGrad").Device(tensorflow::DEVICE_CPU), RoiAlignGradOp<RoiAlignOnCpu>);

}  // namespace
}  // namespace icconv
